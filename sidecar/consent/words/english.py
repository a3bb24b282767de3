"""English."""

from typing import Final

from sidecar.consent.record import Kind
from sidecar.consent.words.vocabulary import Words
from sidecar.model.vocabulary import Actor, Channel

ENGLISH: Final = Words(
    tag="en",
    months=(
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    day="{day} {month} {year}",
    quoted="“{}”",
    conjunction="and",
    any_data="any of your data",
    any_purpose="any purpose",
    channels={
        Channel.EMAIL: "by email",
        Channel.SMS: "by text message",
        Channel.PHONE: "by phone",
        Channel.PUSH: "by push message",
        Channel.POST: "by post",
        Channel.IN_APP: "in the app",
        Channel.VOICE: "by voice",
        Channel.DEVICE: "through a device",
    },
    ours=2 * ("our use of {data} for {purpose}{channel}",),
    shared=2 * ("the sharing of {data} with {recipient} for {purpose}{channel}",),
    any_use=2 * ("any use or sharing of {data} for {purpose}{channel}",),
    kinds={
        Kind.GIVEN: "On {day} you agreed to {to_use}{details}.",
        Kind.REFUSED: "On {day} you said no to {to_use}{details}.",
        Kind.WITHDRAWN: "On {day} you took back your consent to {to_use}{details}.",
        Kind.OBJECTED: "On {day} you objected to {to_use}{details}.",
        Kind.RESTRICTED: "On {day} {use} was restricted{details}.",
        Kind.LIFTED: "On {day} the restriction of {to_use} was lifted{details}.",
    },
    by_guardian={
        Kind.GIVEN: "On {day} your guardian agreed to {to_use}{details}.",
        Kind.REFUSED: "On {day} your guardian said no to {to_use}{details}.",
        Kind.WITHDRAWN: "On {day} your guardian took back consent to {to_use}{details}.",
        Kind.OBJECTED: "On {day} your guardian objected to {to_use}{details}.",
    },
    recorded_by={Actor.OPERATOR: ", as recorded by our staff", Actor.SYSTEM: ", as signalled by software"},
    notice=", as explained in {title} (version {version})",
    until=", until {day}",
    explicit=", explicitly",
    alone_from="You can agree without a guardian from {day} on.",
    of_age_from="You are of age from {day} on.",
    law_of="The law of {place} holds for you.",
    linked="Since {day} a no under another id of yours counts here too.",
    erased="On {day} everything about you was erased.",
    erased_data="On {day} {data} was erased.",
)
