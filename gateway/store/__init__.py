"""Items, parts, deliveries, audit and bytes: every state change of the gateway is here.

`intake`, `work` and `outbox` are what the Internet, worker and LGWAN roles may touch, `view`
and `presence` what health and the command line read. The roles meet nowhere else.
"""
