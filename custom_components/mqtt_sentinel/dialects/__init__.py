"""Families of topics and payloads, turned into reports by pure functions.

Each dialect is one module with one :class:`~.route.Dialect`, listed in :mod:`~.table`.
"""
