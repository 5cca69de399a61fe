"""Keyword components of LoadLibrary, one a topic; the engines behind them, and that of the load, are loaded when first used."""

from theodore_qa.deferring import defer_modules

defer_modules("LoadLibrary")
defer_modules("theodore_load")
