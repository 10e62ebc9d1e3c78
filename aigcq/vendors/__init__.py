"""One file per vendor; each translates a wire into our words and decides nothing."""
