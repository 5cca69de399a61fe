"""How requests go out: what is put together, what is never sent, at which pace, and what is put back."""
