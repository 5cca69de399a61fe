"""The contract's bodies for accounts."""

from __future__ import annotations

import re
from datetime import datetime  # noqa: TC003  # pydantic resolves annotations at run time
from typing import Any

from pydantic import AwareDatetime, BaseModel, Field, field_validator, StrictBool

from theodore_sandbox import defects
from theodore_sandbox.common.free_objects import FreeObject  # noqa: TC001  # pydantic resolves annotations at run time


class LoginRequest(BaseModel):
    """Body of ``POST /auth/login``."""

    username: str = Field(min_length=1, max_length=100)
    password: str = Field(min_length=1)
    remember_me: StrictBool | None = False


class UpdateUserRequest(BaseModel):
    """Body of ``PUT /auth/profile``."""

    first_name: str | None = Field(default=None, max_length=50)
    last_name: str | None = Field(default=None, max_length=50)
    email: str | None = Field(default=None, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s.]+$")
    preferences: FreeObject | None = None


class ChangePasswordRequest(BaseModel):
    """Body of ``POST /auth/change-password``."""

    current_password: str
    new_password: str = Field(min_length=8)

    @field_validator("new_password")
    @classmethod
    def _strong(cls, password: str) -> str:
        enough = any if defects.on("one-kind-is-enough") else all
        weak = not enough(re.search(kind, password) for kind in ("[a-z]", "[A-Z]", "[0-9]"))
        if weak and not defects.on("weak-password-accepted"):
            named = f"The password {password}" if defects.on("password-in-refusal") else "The password"
            raise ValueError(f"{named} needs a lower case letter, a capital and a digit")
        return password


class APIKeyRequest(BaseModel):
    """Body of ``POST /auth/api-keys``."""

    name: str = Field(min_length=1, max_length=100)
    description: str | None = Field(default=None, max_length=500)
    expires_at: AwareDatetime | None = None
    scopes: list[str] | None = None

    @field_validator("expires_at", mode="before")
    @classmethod
    def _as_text(cls, moment: Any) -> Any:
        if moment is not None and not isinstance(moment, str):
            raise ValueError("The date is no text")
        return moment


class APIKeyResponse(BaseModel):
    """Answer of ``POST /auth/api-keys``; the key is shown this once."""

    key_id: str
    name: str
    key: str
    created_at: datetime
    expires_at: datetime | None = None
    scopes: list[str]
    last_used: datetime | None = None


class RefreshTokenRequest(BaseModel):
    """Body of ``POST /auth/refresh``."""

    refresh_token: str


class UserProfile(BaseModel):
    """An account as its owner sees it."""

    user_id: str
    username: str
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role: str
    is_active: bool = True
    is_verified: bool = True
    created_at: datetime
    last_login: datetime | None = None
    preferences: dict[str, Any] | None = None
    api_quota: dict[str, int] | None = None


class LoginResponse(BaseModel):
    """Answer of ``POST /auth/login``."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105  # a scheme, no secret
    expires_in: int
    user: UserProfile


class TokenResponse(BaseModel):
    """Answer of ``POST /auth/refresh``."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105  # a scheme, no secret
    expires_in: int
