"""The chaos agent, its guardian and the fault proxy: separate processes that inject faults and always undo them."""
