"""Entry point: `python telegram_bot/main.py` from any directory, or `-m telegram_bot.main`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if not __package__:  # run as a script, this folder would stand first and hide libraries
    sys.path[0] = str(ROOT)

if __name__ == "__main__":
    from infrastructure.config.secrets_handover import hand_over_secrets

    SECRETS = hand_over_secrets()  # may start this process anew, so before the heavy imports

    from telegram_bot.app import main

    sys.exit(main(sys.argv[1:], ROOT, SECRETS))
