"""Keyword components of PromptCraftLibrary, one a topic; the engines behind them are loaded when first used."""

from theodore_qa.deferring import defer_modules

defer_modules("PromptCraftLibrary")
