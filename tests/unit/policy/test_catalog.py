"""The catalog: what is read, and what is wrong with it."""

from pathlib import Path

import pytest

from sidecar.model.catalog import Notice, Purpose, Service, Use
from sidecar.model.instant import parse
from sidecar.model.vocabulary import Action, Basis, Channel, FailureMode, Survival
from sidecar.policy.bundle import load_bundle

from .bundles import FILES, found, marked, problems, write

PURPOSES, FIELDS, NOTICES = "catalog/purposes.yaml", "catalog/fields.yaml", "catalog/notices.yaml"
NEWSLETTER, CATEGORIES = "catalog/services/newsletter.yaml", "catalog/categories.yaml"
RECIPIENTS, DATA_USES = "catalog/recipients.yaml", "catalog/data_uses.yaml"


def test_a_purpose_with_everything(tmp_path: Path) -> None:
    """Every key of a purpose is read; durations become seconds, and codes of countries stay as written."""
    text = FILES[PURPOSES] + (
        "essential.law: {title: The law, basis: legal_obligation,\n"
        "  basis_by_jurisdiction: {NO: consent, US-CA: contract},\n"
        "  channels: [email, post], survives: [restriction, erasure], failure_mode: serve_last_known,\n"
        "  serve_last_known: 90m, reask_after: 2h, cache_for: 30s}\n"
    )
    catalog = load_bundle(write(tmp_path, {PURPOSES: text})).catalog

    assert catalog.purposes["essential.law"] == Purpose(
        key="essential.law",
        title="The law",
        basis=Basis.LEGAL_OBLIGATION,
        basis_by_jurisdiction={"NO": Basis.CONSENT, "US-CA": Basis.CONTRACT},
        channels=(Channel.EMAIL, Channel.POST),
        survives=frozenset(Survival),
        failure_mode=FailureMode.SERVE_LAST_KNOWN,
        serve_last_known_seconds=5_400.0,
        reask_after_seconds=7_200.0,
        cache_for_seconds=30.0,
    )


def test_only_direct_marketing_is_inherited(tmp_path: Path) -> None:
    """It goes down the dots, also past a purpose of the taxonomy alone; basis and channels do not."""
    purposes = load_bundle(
        write(
            tmp_path,
            {
                DATA_USES: FILES[DATA_USES] + "marketing.email.offers: {title: offers}\n",
                PURPOSES: FILES[PURPOSES] + "marketing.email.offers.daily: {title: daily, direct_marketing: true}\n",
            },
        )
    ).catalog.purposes

    assert purposes["marketing.email"].title == "marketing by email"
    assert purposes["marketing.email.offers"] == Purpose(
        key="marketing.email.offers", title="offers", direct_marketing=True
    )
    assert purposes["marketing.email.offers.daily"].basis is None
    assert not purposes["essential.fraud"].direct_marketing


def test_a_service_and_a_notice(tmp_path: Path) -> None:
    """A service is named after its file; a notice always lists the first party, and `no` is no boolean."""
    catalog = load_bundle(write(tmp_path)).catalog

    assert catalog.services["fraud"] == Service(
        key="fraud",
        title="Fraud",
        owner="team-safety",
        may_use=(
            Use(
                purpose="essential.fraud",
                fields=frozenset({"customer.email"}),
                actions=frozenset({Action.USE, Action.RETAIN}),
            ),
        ),
        may_ask_for=frozenset({"newsletter"}),
    )
    assert catalog.notices["home", 2] == Notice(
        key="home",
        version=2,
        title="Your home",
        purposes=("marketing.email",),
        categories=("user.contact",),
        channels=(),
        recipients=("first_party", "grocer"),
        reconsent=False,
        valid_from=parse("2026-01-01T00:00:00Z"),
    )


def test_attributes_come_from_the_schema(tmp_path: Path) -> None:
    """What callers may send is what the schema declares."""
    assert load_bundle(write(tmp_path)).catalog.attributes == {
        "premium": "Bool",
        "count": "Long",
        "region": "String",
        "tags": "Set<String>",
    }


def use(purpose: str = "essential.fraud", fields: str = "[customer.email]", rest: str = "actions: [use]") -> str:
    """The newsletter's file with one more line."""
    return FILES[NEWSLETTER] + f"  - {{purpose: {purpose}, fields: {fields}, {rest}}}\n"


MISTAKES = {
    "an unknown key": (PURPOSES, "essential.fraud: {¦bassis: consent}", "unknown_key"),
    "a purpose without parent": (PURPOSES, "¦essential.fruad.x: {title: x}", "unknown_parent"),
    "a new purpose without title": (PURPOSES, "essential.x: ¦{basis: consent}", "missing_key"),
    "an unknown basis": (PURPOSES, "essential: {basis: ¦agreed}", "unknown_value"),
    "several bases": (PURPOSES, "essential: {basis: ¦[consent]}", "wrong_type"),
    "channels that are no list": (PURPOSES, "essential: {channels: ¦email}", "wrong_type"),
    "channels in a list in a list": (PURPOSES, "essential: {channels: [¦[email]]}", "wrong_type"),
    "an unknown channel": (PURPOSES, "essential: {channels: [¦emial]}", "unknown_value"),
    "a channel twice": (PURPOSES, "essential: {channels: [sms, ¦sms]}", "duplicate"),
    "a duration in words": (PURPOSES, "essential: {reask_after: ¦12 months}", "wrong_type"),
    "several durations": (PURPOSES, "essential: {cache_for: ¦[1s]}", "wrong_type"),
    "yes for true": (PURPOSES, "essential: {direct_marketing: ¦yes}", "wrong_type"),
    "a number for a title": (PURPOSES, "essential: {title: ¦3}", "wrong_type"),
    "a blank title": (PURPOSES, "essential: {title: ¦' '}", "wrong_type"),
    "surviving a fire": (PURPOSES, "essential: {survives: [¦fire]}", "unknown_value"),
    "serving old answers for ever": (PURPOSES, "essential: {failure_mode: ¦serve_last_known}", "failure_mode"),
    "serving old answers by default": (PURPOSES, "essential: ¦{serve_last_known: 1h}", "failure_mode"),
    "no country": (PURPOSES, "essential: {basis_by_jurisdiction: {¦Norway: consent}}", "jurisdiction"),
    "no basis in a country": (PURPOSES, "essential: {basis_by_jurisdiction: {NO: ¦[x]}}", "wrong_type"),
    "a country without basis": (PURPOSES, "essential: {basis_by_jurisdiction: ¦NO}", "wrong_type"),
    "a purpose that opts out of direct marketing": (
        PURPOSES,
        "marketing: {direct_marketing: true}\nmarketing.email: {direct_marketing: ¦false}",
        "direct_marketing",
    ),
    "a list for a file": (PURPOSES, "¦- essential", "wrong_type"),
    "a text for an entry": (PURPOSES, "essential: ¦consent", "wrong_type"),
    "a key with a blank": (PURPOSES, "¦'a b': {title: x}", "key"),
    "a key with two dots": (PURPOSES, "¦a..b: {title: x}", "key"),
    "a category without parent": (CATEGORIES, "¦user.contact.email: {title: x}", "unknown_parent"),
    "a category without title": (CATEGORIES, "user: ¦{}", "missing_key"),
    "a field without categories": (FIELDS, "x: ¦{title: x}", "missing_key"),
    "a field in no category": (FIELDS, "x: {title: x, categories: ¦[]}", "empty"),
    "a field in an unknown category": (FIELDS, "x: {title: x, categories: [¦user.z]}", "unknown_data_category"),
    "a recipient with dots": (RECIPIENTS, "¦a.b: {title: x}", "key"),
    "a recipient without title": (RECIPIENTS, "a: ¦{}", "missing_key"),
    "notices by key": (NOTICES, "¦home: {}", "wrong_type"),
    "a text for a notice": (NOTICES, "- ¦home", "wrong_type"),
    "a used purpose without basis": (NEWSLETTER, use("¦marketing"), "no_basis"),
    "an unknown purpose": (NEWSLETTER, use("¦x"), "unknown_purpose"),
    "several purposes": (NEWSLETTER, use("¦[essential.fraud]"), "wrong_type"),
    "an unknown field": (NEWSLETTER, use(fields="[¦customer.emial]"), "unknown_field"),
    "no field": (NEWSLETTER, use(fields="¦[]"), "empty"),
    "an unknown action": (NEWSLETTER, use(rest="actions: [¦see]"), "unknown_value"),
    "no action": (NEWSLETTER, use(rest="actions: ¦[]"), "empty"),
    "actions left out": (NEWSLETTER, use().replace("- {purpose: ess", "- ¦{purpose: ess")[:-18] + "}", "missing_key"),
    "share with nobody": (NEWSLETTER, use(rest="actions: ¦[share]"), "recipients"),
    "recipients of a use": (NEWSLETTER, use(rest="actions: [use], recipients: ¦[grocer]"), "recipients"),
    "share with everybody": (NEWSLETTER, use(rest="actions: [share], recipients: ¦[third_party]"), "recipients"),
    "an unknown recipient": (NEWSLETTER, use(rest="actions: [share], recipients: [¦z]"), "unknown_recipient"),
    "a list for a service": (NEWSLETTER, "¦[]", "wrong_type"),
    "may use all": (NEWSLETTER, "title: x\nowner: x\nmay_use: ¦all\n", "wrong_type"),
    "asks for a stranger": (NEWSLETTER, "{title: x, owner: x, may_use: [], may_ask_for: [¦z]}", "unknown_service"),
}


@pytest.mark.parametrize("case", [pytest.param(case, id=name.replace(" ", "-")) for name, case in MISTAKES.items()])
def test_mistakes(tmp_path: Path, case: tuple[str, str, str]) -> None:
    """Each mistake is one problem, at its place, with what to do."""
    file, text, code = case
    plain, place = marked(text)
    # Only the file itself counts: others may miss what it no longer has.
    wrong = [problem for problem in problems(tmp_path, {file: plain}) if problem.file == file]

    assert [f"{problem.line}:{problem.column} {problem.code}" for problem in wrong] == [f"{place} catalog.{code}"]
    assert wrong[0].hint


def test_a_service_named_with_a_blank(tmp_path: Path) -> None:
    """The name of a service is the name of its file, and must be a key."""
    assert found(tmp_path, {"catalog/services/a b.yaml": FILES[NEWSLETTER]}) == [
        "catalog/services/a b.yaml catalog.key"
    ]


def test_mistakes_in_a_notice(tmp_path: Path) -> None:
    """A notice with everything wrong is reported in full, and so is a version that is there twice."""
    text = (
        FILES[NOTICES]
        + "- {key: a.b, version: 0, title: x, purposes: [y], categories: [], channels: [fax], recipients: [z],\n"
        + "   reconsent: perhaps, valid_from: 2026-13-01}\n"
        + FILES[NOTICES]
        + "- version: [1]\n"
    )

    assert found(tmp_path, {NOTICES: text}) == [
        "catalog/notices.yaml:9:9 catalog.key",
        "catalog/notices.yaml:9:23 catalog.wrong_type",
        "catalog/notices.yaml:9:47 catalog.unknown_purpose",
        "catalog/notices.yaml:9:63 catalog.empty",
        "catalog/notices.yaml:9:78 catalog.unknown_value",
        "catalog/notices.yaml:9:97 catalog.unknown_recipient",
        "catalog/notices.yaml:10:15 catalog.unknown_answer",
        "catalog/notices.yaml:10:36 catalog.wrong_type",
        "catalog/notices.yaml:11:3 catalog.duplicate",
        *["catalog/notices.yaml:19:3 catalog.missing_key"] * 6,
        "catalog/notices.yaml:19:12 catalog.wrong_type",
    ]


def test_a_timestamp_without_zone(tmp_path: Path) -> None:
    """An instant whose zone one would have to guess is refused; a version is a plain number."""
    text = FILES[NOTICES].replace("2026-01-01", "2026-01-01T12:00:00").replace("version: 2", "version: two")

    assert found(tmp_path, {NOTICES: text}) == [
        "catalog/notices.yaml:2:12 catalog.wrong_type",
        "catalog/notices.yaml:8:15 catalog.wrong_type",
    ]


FILES_OF_THE_CATALOG = [CATEGORIES, DATA_USES, PURPOSES, FIELDS, RECIPIENTS, NOTICES, NEWSLETTER]


@pytest.mark.parametrize("file", FILES_OF_THE_CATALOG)
def test_a_broken_file_is_one_problem(tmp_path: Path, file: str) -> None:
    """What a file that cannot be read would declare is not missed anywhere else."""
    assert found(tmp_path, {file: "{"}) == [f"{file}:2:1 yaml.syntax"]


def test_broken_files_are_a_problem_each(tmp_path: Path) -> None:
    """One broken file hides no other one."""
    changes = dict.fromkeys(FILES_OF_THE_CATALOG, "{")

    assert found(tmp_path, changes) == sorted(f"{file}:2:1 yaml.syntax" for file in FILES_OF_THE_CATALOG)


def test_files_with_nothing_in_them(tmp_path: Path) -> None:
    """An empty file of recipients or notices declares none; an empty service lacks everything."""
    bare = "{title: x, owner: x, may_use: []}"
    catalog = load_bundle(write(tmp_path / "1", {NOTICES: "# later", RECIPIENTS: "", NEWSLETTER: bare})).catalog

    assert catalog.notices == {}
    assert sorted(catalog.recipients) == ["first_party", "third_party"]
    assert found(tmp_path / "2", {NEWSLETTER: ""}) == [f"{NEWSLETTER}:1:1 catalog.missing_key"] * 3


def test_near_names_are_suggested(tmp_path: Path) -> None:
    """The hint names what was probably meant, else what there is, else that there is nothing."""
    near = problems(tmp_path, {FIELDS: "customer.email: {title: x, categories: [user.contct]}"})
    few = problems(tmp_path, {FIELDS: "customer.email: {title: x, categories: [zzz]}"})
    none = problems(tmp_path, {FIELDS: "customer.email: {title: x, categories: [user]}", CATEGORIES: "{}"})
    many = "".join(f"c{number}: {{title: x}}\n" for number in range(14))
    more = problems(tmp_path, {FIELDS: "customer.email: {title: x, categories: [zzz]}", CATEGORIES: many})

    assert near[0].hint == "did you mean `user.contact`?"
    assert few[0].hint == "one of `user`, `user.contact`, `user.contact.email`, `user.health`"
    assert none[0].hint == "none is declared"
    assert more[0].hint.endswith("`c6`, `c7` and 2 more")
