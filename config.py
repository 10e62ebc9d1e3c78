"""The configuration, for people who look for it here: `python config.py` prints every setting."""

from aigcq.config import Settings, env_example, read

__all__ = ["Settings", "read"]

if __name__ == "__main__":
    print(env_example(), end="")
