from pathlib import Path

from sidecar.model.vocabulary import Basis
from sidecar.policy.analysis.differences import Kind, compare
from sidecar.policy.analysis.examples import Examples
from sidecar.policy.bundle import read_draft
from tests.unit.policy.analysis.bundles import draft, replaced
from tests.unit.policy.bundles import FILES, write

NEWSLETTER = "catalog/services/newsletter.yaml"
EMAIL = "catalog/fields.yaml"
RENAMED = {
    EMAIL: FILES[EMAIL].replace("customer.email: {", "person.email: {renamed_from: customer.email, "),
    NEWSLETTER: None,
    "catalog/services/fraud.yaml": FILES["catalog/services/fraud.yaml"]
    .replace("customer.email", "person.email")
    .replace("newsletter", "mailing"),
    "catalog/services/mailing.yaml": "renamed_from: newsletter\n"
    + FILES[NEWSLETTER].replace("customer.email", "person.email").replace("marketing.email", "marketing.mail"),
    "catalog/data_uses.yaml": FILES["catalog/data_uses.yaml"].replace("marketing.email", "marketing.mail"),
    "catalog/purposes.yaml": FILES["catalog/purposes.yaml"].replace(
        "marketing.email: {", "marketing.mail: {renamed_from: marketing.email, "
    ),
    "catalog/notices.yaml": FILES["catalog/notices.yaml"].replace("marketing.email", "marketing.mail"),
    "tests/basics.yaml": None,
}


def test_a_rename_changes_no_answer(tmp_path: Path) -> None:
    """A use is compared with what it was called before."""
    difference = compare(read_draft(write(tmp_path / "old")), read_draft(write(tmp_path / "new", RENAMED)))

    assert () == difference.changes


def test_what_changes_beside_a_rename_is_told_under_the_new_name(tmp_path: Path) -> None:
    """And its example is one that both bundles were asked, each by its own names."""
    changed = {**RENAMED, "main.cedar": FILES["main.cedar"].replace("{ context.objected }", "{ false }")}
    difference = compare(read_draft(write(tmp_path / "old")), read_draft(write(tmp_path / "new", changed)))
    (allowed, *_) = difference.changes
    example = Examples(difference.analysis).ask(
        allowed.uses[0], allowed.law, allowed.example, (allowed.before, allowed.after)
    )

    assert Kind.ALLOWED is allowed.kind
    assert {"mailing", "fraud"} == {use.service for change in difference.changes for use in change.uses}
    assert all(example.verdicts)


def test_two_uses_that_become_one_are_both_told(tmp_path: Path) -> None:
    """Neither can be said to be the other."""
    two = FILES[EMAIL] + "customer.mail: {title: Mail, categories: [user.contact.email]}\n"
    uses = FILES[NEWSLETTER].replace(
        "[customer.email, customer.diet]", "[customer.email, customer.mail, customer.diet]"
    )
    one = FILES[EMAIL].replace("customer.email: {", "person.email: {renamed_from: [customer.email, customer.mail], ")
    old = read_draft(write(tmp_path / "old", {EMAIL: two, NEWSLETTER: uses}))
    new = read_draft(
        write(
            tmp_path / "new",
            {
                EMAIL: one,
                NEWSLETTER: FILES[NEWSLETTER].replace("customer.email", "person.email"),
                "catalog/services/fraud.yaml": FILES["catalog/services/fraud.yaml"].replace(
                    "customer.email", "person.email"
                ),
                "tests/basics.yaml": None,
            },
        )
    )
    fields = {use.field for change in compare(old, new).changes for use in change.uses}

    assert {"customer.email", "customer.mail", "person.email"} <= fields


def test_two_purposes_that_become_one_are_compared_each_by_its_own_basis() -> None:
    """Fraud rested on legitimate interests, with a condition; as a legal obligation it has none any more."""
    changes = {
        **replaced("catalog/data_uses.yaml", ("essential.fraud: {title: finding fraud}\n", "")),
        **replaced(
            "catalog/purposes.yaml",
            ("essential.fraud: {basis: legitimate_interests}\n", ""),
            ("essential.law: {", "essential.law: {renamed_from: essential.fraud, "),
        ),
        **replaced("catalog/services/fraud.yaml", ("essential.fraud", "essential.law")),
    }
    allowed = [change for change in compare(draft(), draft(changes)).changes if change.kind is Kind.ALLOWED]

    assert {"fraud"} == {use.service for change in allowed for use in change.uses}
    assert {Basis.LEGITIMATE_INTERESTS} == {change.law.bases[0] for change in allowed}
