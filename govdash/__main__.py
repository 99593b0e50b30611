"""`python -m govdash …` is `govdash …`."""

from govdash.cli import main

if __name__ == "__main__":
    main()
