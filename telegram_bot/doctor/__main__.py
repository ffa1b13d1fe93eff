"""Entry point: `python -m telegram_bot.doctor`, also while the program runs."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

if __name__ == "__main__":
    from infrastructure.config.secrets_handover import hand_over_secrets

    SECRETS = hand_over_secrets()  # may start this process anew, so before the heavy imports

    from telegram_bot.doctor.command import main

    sys.exit(main(sys.argv[1:], ROOT, SECRETS))
