"""The queue for agents: a server of the Model Context Protocol, on top of `aigcq.client`.

Needs the protocol's SDK: `pip install "aigcq[mcp]"`.
"""
