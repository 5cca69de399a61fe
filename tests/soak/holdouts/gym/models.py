"""What the requests and answers of the gym hold."""

from pydantic import BaseModel, Field


class Error(BaseModel):
    error: str


class Tokens(BaseModel):
    access_token: str
    refresh_token: str
    token_type: str
    expires_in: int


class Renewal(BaseModel):
    refresh_token: str = Field(max_length=100, examples=["k3Jv0m2sXq"])


class Registration(BaseModel):
    username: str = Field(pattern=r"^[a-z][a-z0-9.]{2,29}$", examples=["dora.fern"])
    email: str = Field(pattern=r"^[\w.+-]{1,40}@[\w-]{1,40}\.[\w.]{2,40}$", examples=["dora@west.example"])
    password: str = Field(max_length=128, examples=["willow-Meadow-26"])


class Address(BaseModel):
    email: str = Field(min_length=3, max_length=100, examples=["ann@north.example"])


class NewPassword(BaseModel):
    token: str = Field(max_length=100, examples=["t0Kx2mP9"])
    password: str = Field(max_length=128, examples=["aspen-Teapot-37"])


class Account(BaseModel):
    id: int
    username: str
    email: str
    role: str
    nickname: str
    phone: str
    credits: int


class Profile(BaseModel):
    nickname: str | None = Field(None, min_length=1, max_length=40, examples=["Annie"])
    phone: str | None = Field(None, pattern=r"^[0-9 +]{5,20}$", examples=["0113 496 0222"])


class Receipt(BaseModel):
    id: int
    text: str
    amount: float
    card: str


class Lesson(BaseModel):
    id: int
    title: str
    coach: str
    day: str
    seats: int


class NewLesson(BaseModel):
    title: str = Field(pattern=r"^[\w .,-]{1,60}$", examples=["Pilates for beginners"])
    coach: str = Field(pattern=r"^[\w .-]{1,40}$", examples=["Mo Farrow"])
    day: str = Field(pattern=r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)$", examples=["Tue"])
    seats: int = Field(ge=1, le=60, examples=[12])


class Participant(BaseModel):
    nickname: str


class Booking(BaseModel):
    id: str
    class_id: int


class NewBooking(BaseModel):
    class_id: int = Field(ge=1, le=10**9, examples=[2])


class Identifiers(BaseModel):
    ids: list[str] = Field(min_length=1, max_length=20, examples=[["0123456789abcdef"]])


class Cancelled(BaseModel):
    cancelled: int


class Balance(BaseModel):
    credits: int


class NewVoucher(BaseModel):
    credits: int = Field(ge=1, le=50, examples=[5])


class Voucher(BaseModel):
    code: str = Field(max_length=40, examples=["SPRING-8KQ2"])


class Redeemed(BaseModel):
    redeemed: bool
    credits: int
    message: str
