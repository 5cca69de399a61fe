"""Identities: their accounts, sign-ins, sessions and tenants, and the operations that make and change them."""
