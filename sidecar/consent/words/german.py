"""German."""

from typing import Final

from sidecar.consent.record import Kind
from sidecar.consent.words.vocabulary import Words
from sidecar.model.vocabulary import Actor, Channel

GERMAN: Final = Words(
    tag="de",
    months=(
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ),
    day="{day}. {month} {year}",
    quoted="„{}“",
    conjunction="und",
    any_data="jeglichen Daten von Ihnen",
    any_purpose="jeden Zweck",
    channels={
        Channel.EMAIL: "per E-Mail",
        Channel.SMS: "per SMS",
        Channel.PHONE: "per Telefon",
        Channel.PUSH: "per Push-Nachricht",
        Channel.POST: "per Post",
        Channel.IN_APP: "in der App",
        Channel.VOICE: "per Sprache",
        Channel.DEVICE: "über ein Gerät",
    },
    ours=(
        "unsere Nutzung von {data} für {purpose}{channel}",
        "unserer Nutzung von {data} für {purpose}{channel}",
    ),
    shared=(
        "die Weitergabe von {data} an {recipient} für {purpose}{channel}",
        "der Weitergabe von {data} an {recipient} für {purpose}{channel}",
    ),
    any_use=(
        "jede Nutzung oder Weitergabe von {data} für {purpose}{channel}",
        "jeder Nutzung oder Weitergabe von {data} für {purpose}{channel}",
    ),
    kinds={
        Kind.GIVEN: "Am {day} haben Sie {to_use} zugestimmt{details}.",
        Kind.REFUSED: "Am {day} haben Sie {use} abgelehnt{details}.",
        Kind.WITHDRAWN: "Am {day} haben Sie Ihre Einwilligung in {use} widerrufen{details}.",
        Kind.OBJECTED: "Am {day} haben Sie {to_use} widersprochen{details}.",
        Kind.RESTRICTED: "Am {day} wurde {use} eingeschränkt{details}.",
        Kind.LIFTED: "Am {day} wurde die Einschränkung {to_use} aufgehoben{details}.",
    },
    by_guardian={
        Kind.GIVEN: "Am {day} hat, wer für Sie sorgt, {to_use} zugestimmt{details}.",
        Kind.REFUSED: "Am {day} hat, wer für Sie sorgt, {use} abgelehnt{details}.",
        Kind.WITHDRAWN: "Am {day} hat, wer für Sie sorgt, die Einwilligung in {use} widerrufen{details}.",
        Kind.OBJECTED: "Am {day} hat, wer für Sie sorgt, {to_use} widersprochen{details}.",
    },
    recorded_by={
        Actor.OPERATOR: ", wie von unserem Personal aufgenommen",
        Actor.SYSTEM: ", wie von einem Programm gemeldet",
    },
    notice=", wie erklärt in {title} (Version {version})",
    until=", bis {day}",
    explicit=", ausdrücklich",
    alone_from="Ab {day} können Sie allein zustimmen.",
    of_age_from="Ab {day} sind Sie volljährig.",
    law_of="Für Sie gilt das Recht von {place}.",
    linked="Seit dem {day} gilt ein Nein unter einer anderen Kennung von Ihnen auch hier.",
    erased="Am {day} wurde alles über Sie gelöscht.",
    erased_data="Am {day} wurde gelöscht: {data}.",
)
