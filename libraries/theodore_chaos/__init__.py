"""The chaos agent and what belongs to it: processes of their own that inject faults and always undo them; never imported."""
