"""Where two runs part, and the experiments that prove the rule behind it."""
