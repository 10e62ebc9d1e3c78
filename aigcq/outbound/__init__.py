"""HTTP to addresses that clients give: what may be reached, and how.

`addresses` says which addresses are in nobody's own network. `guard` reads a URL as it will be called, and
refuses those that lead inside. `caller` calls, and looks at every address once more as it connects; `lookup`
finds them without keeping others from it. `receiver` is what may be told of a URL, `signing` how we are known.
"""
