"""``python -m basis_stress``."""

from basis_stress.cli.main import main

if __name__ == "__main__":
    main()
