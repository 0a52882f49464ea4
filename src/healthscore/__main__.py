"""`python -m healthscore` is the command line."""

from healthscore.cli import main

if __name__ == "__main__":
    main()
