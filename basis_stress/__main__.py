"""``python -m basis_stress``."""

from basis_stress.cli import main

main()
