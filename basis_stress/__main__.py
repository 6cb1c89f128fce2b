"""``python -m basis_stress``."""

from basis_stress.cli import main

if __name__ == "__main__":
    main()
