from pathlib import Path

import pytest
import yaml

from sidecar.config import Config, Consumer, Listener, load
from sidecar.config.sources import keys, variable
from sidecar.errors import ConfigError


def write(folder: Path, text: str) -> Path:
    """A configuration file of *text* in *folder*."""
    file = folder / "sidecar.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    """The later source wins, setting by setting; what none names has its default."""
    file = write(tmp_path, "limits: {fields: 1, streams: 1, parked: 1}")

    config = load(
        file=file, environ={"SIDECAR_LIMITS_STREAMS": "2", "SIDECAR_LIMITS_PARKED": "2"}, flags={"limits.parked": 3}
    )

    assert (1, 2, 3, 32) == (
        config.limits.fields,
        config.limits.streams,
        config.limits.parked,
        config.limits.attributes,
    )


def test_a_flag_that_was_not_given_leaves_the_setting_alone() -> None:
    """`None` stands for an absent flag, an explicit false does not."""
    environ = {"SIDECAR_SERVER_ALLOW_PLAINTEXT_NETWORK": "true", "SIDECAR_SERVER_THREADS": "99"}

    config = load(environ=environ, flags={"server.allow_plaintext_network": False, "server.threads": None})

    assert (False, 99) == (config.server.allow_plaintext_network, config.server.threads)


def test_what_is_shown_can_be_read_back(tmp_path: Path) -> None:
    """The effective configuration, written to a file, gives itself."""
    config = load(
        environ={
            "SIDECAR_SERVER_LISTEN": "127.0.0.1:0 unix:/run/a.sock,service=newsletter,mode=0600",
            "SIDECAR_FRESHNESS_MAX_CONSENT_AGE_SECONDS": "none",
            "SIDECAR_FRESHNESS_MAX_POLICY_AGE_SECONDS": "7.5",
            "SIDECAR_TOKEN_FILE": "/run/token",
            "SIDECAR_HTTP_ADDRESS": "off",
            "SIDECAR_CONSUMERS_KNOWN": "mail-provider,token=/run/mail,subjects=yes audit,token=audit.token,subjects=no",
        }
    )

    assert config == load(file=write(tmp_path, yaml.safe_dump(config.redacted())))


def test_an_empty_file_and_an_empty_section_change_nothing(tmp_path: Path) -> None:
    """A file may say nothing."""
    assert Config() == load(file=write(tmp_path, "# nothing\n"))
    assert Config() == load(file=write(tmp_path, "limits:\n"))


def test_every_variable_sets_its_own_setting() -> None:
    """No two settings share a variable, though underscores separate both sections and words."""
    variables = [variable(key) for key in keys()]

    assert len(variables) == len(set(variables))


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        pytest.param({"SIDECAR_SERVER_LISTN": "x"}, ["_LISTN", "SIDECAR_SERVER_LISTEN"], id="name"),
        pytest.param({"SIDECAR_FOO": ""}, ["SIDECAR_FOO"], id="name-like-no-other"),
        pytest.param({"SIDECAR_SERVER_THREADS": "many"}, ["server.threads", "many", "whole number"], id="number"),
        pytest.param({"SIDECAR_SERVER_THREADS": "1.5"}, ["server.threads", "1.5"], id="fraction-of-a-thread"),
        pytest.param({"SIDECAR_SERVER_DRAIN_SECONDS": "nan"}, ["server.drain_seconds", "nan"], id="not-a-number"),
        pytest.param({"SIDECAR_SERVER_DRAIN_SECONDS": "-1"}, ["server.drain_seconds", "-1"], id="negative"),
        pytest.param(
            {"SIDECAR_SERVER_ALLOW_PLAINTEXT_NETWORK": "yes"}, ["plaintext", "yes", "true or false"], id="boolean"
        ),
        pytest.param({"SIDECAR_SERVER_LISTEN": ""}, ["server.listen", "at least one"], id="no-listener"),
        pytest.param({"SIDECAR_LIMITS_FIELDS": "65"}, ["limits.fields", "65", "64"], id="above-the-protocol"),
        pytest.param({"SIDECAR_LIMITS_STREAMS": "11"}, ["server.threads", "20", "21"], id="streams-eat-all-threads"),
        pytest.param({"SIDECAR_BUNDLE_MIN_SERIAL": "3"}, ["min_serial", "bundle.public_key"], id="floor-without-a-key"),
        pytest.param({"SIDECAR_BUNDLE_MIN_SERIAL": "-1"}, ["bundle.min_serial", "-1"], id="floor-below-nothing"),
        pytest.param({"SIDECAR_LOG_LEVEL": "loud"}, ["log.level", "loud", "debug"], id="level"),
        pytest.param({"SIDECAR_LOG_FORMAT": "xml"}, ["log.format", "xml", "json"], id="format"),
        pytest.param({"SIDECAR_HTTP_ADDRESS": "here"}, ["http.address", "here", "off"], id="http"),
        pytest.param({"SIDECAR_DATA_DIR": ""}, ["data.dir"], id="empty-path"),
        pytest.param({"SIDECAR_CONSENT_LOG": "kafka"}, ["consent.log", "kafka", "sqlite, nats"], id="log"),
        pytest.param({"SIDECAR_CONSENT_MODE": "lazy"}, ["consent.mode", "lazy", "on_demand"], id="mode"),
        pytest.param({"SIDECAR_CONSENT_MODE": "on_demand"}, ["consent.mode", "sqlite"], id="on-demand-alone"),
        pytest.param({"SIDECAR_CONSENT_HELD_SUBJECTS": "500"}, ["held_subjects", "500", "sqlite"], id="held-alone"),
        pytest.param(
            {"SIDECAR_CONSENT_LOG": "nats", "SIDECAR_CONSENT_HELD_SUBJECTS": "9"}, ["held_subjects", "100"], id="held"
        ),
        pytest.param(
            {
                "SIDECAR_CONSENT_LOG": "nats",
                "SIDECAR_CONSENT_HELD_SUBJECTS": "500",
                "SIDECAR_CONSENT_MODE": "replica",
            },
            ["held_subjects", "every subject"],
            id="bounded-replica",
        ),
        pytest.param({"SIDECAR_CONSENT_INSTANCE": "a b"}, ["consent.instance", "`a b`", "64"], id="instance"),
        pytest.param({"SIDECAR_CONSENT_SNAPSHOT_SECONDS": "0"}, ["consent.snapshot_seconds", "86400"], id="snapshot"),
        pytest.param(
            {"SIDECAR_CONSENT_TOMBSTONE_DAYS": "30"},
            ["consent.tombstone_days", "`30.0`", "consent.max_offline_days"],
            id="tombstone",
        ),
        pytest.param({"SIDECAR_CONSENT_MAX_OFFLINE_DAYS": "0"}, ["consent.max_offline_days", "3650"], id="offline"),
        pytest.param({"SIDECAR_NATS_SERVERS": " "}, ["nats.servers", "at least one"], id="no-server"),
        pytest.param({"SIDECAR_NATS_SERVERS": "nats://a:1 b"}, ["nats.servers", "`b`", "nats://"], id="no-url"),
        pytest.param({"SIDECAR_NATS_SERVERS": "nats://a:99999"}, ["nats.servers", "99999"], id="no-port"),
        pytest.param({"SIDECAR_NATS_STREAM": "a.b"}, ["nats.stream", "a.b", "dots"], id="stream"),
        pytest.param({"SIDECAR_NATS_USER": "a"}, ["nats.user", "nats.password_file"], id="user-without-password"),
        pytest.param({"SIDECAR_NATS_TLS_KEY": "a"}, ["nats.tls_cert", "nats.tls_key"], id="key-without-certificate"),
        pytest.param({"SIDECAR_NATS_REPLICAS": "2"}, ["nats.replicas", "`2`", "1, 3 or 5"], id="replicas"),
        pytest.param({"SIDECAR_NATS_STORAGE": "tape"}, ["nats.storage", "tape", "file"], id="storage"),
        pytest.param({"SIDECAR_NATS_MAX_BYTES": "9"}, ["nats.max_bytes", "`9`", "1048576"], id="bytes"),
        pytest.param({"SIDECAR_NATS_TIMEOUT_SECONDS": "0"}, ["nats.timeout_seconds", "0.1"], id="timeout"),
        pytest.param(
            {"SIDECAR_FRESHNESS_MAX_CONSENT_AGE_SECONDS": "0"}, ["max_consent_age_seconds", "0"], id="no-age-at-all"
        ),
    ],
)
def test_a_wrong_variable_is_named_with_its_value(environ: dict[str, str], told: list[str]) -> None:
    """The error names key and value, and what would be right."""
    with pytest.raises(ConfigError) as caught:
        load(environ=environ)

    assert [part for part in told if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("limit: {fields: 1}", ["limit", "limits"], id="section"),
        pytest.param("limits: {field: 1}", ["limits.field", "limits.fields"], id="setting"),
        pytest.param("limits: {fields: 1, fields: 2}", ["fields", "twice"], id="twice"),
        pytest.param("limits: [1]", ["limits", "mapping"], id="section-that-is-a-list"),
        pytest.param("- limits", ["mapping of sections"], id="file-that-is-a-list"),
        pytest.param("limits: {fields: '1.0'}", ["limits.fields", "1.0"], id="text-for-a-number"),
        pytest.param("limits: {fields: true}", ["limits.fields", "True"], id="true-is-not-1"),
        pytest.param("nats: {servers: [nats://a:1]}", ["nats.servers", "one text, with blanks"], id="list-for-text"),
        pytest.param("http: {address: 7071}", ["http.address", "7071", "text"], id="number-for-text"),
        pytest.param("server: {listen: 7}", ["server.listen", "7"], id="listen-a-number"),
        pytest.param("server: {listen: [7]}", ["server.listen", "7"], id="listener-a-number"),
        pytest.param("{", ["parse"], id="not-yaml"),
        pytest.param("a: !!python/object:os.system {}", ["parse"], id="code"),
    ],
)
def test_a_wrong_file_is_told_with_what_is_wrong(tmp_path: Path, text: str, told: list[str]) -> None:
    """Unknown and repeated keys, wrong types and broken files are errors that say so."""
    with pytest.raises(ConfigError) as caught:
        load(file=write(tmp_path, text))

    assert [part for part in told if part not in str(caught.value)] == []


@pytest.mark.parametrize(
    ("text", "environ"),
    [
        pytest.param("", {"SIDECAR_NATS_PASSWORD": "hunter2"}, id="unknown-variable"),
        pytest.param("", {"SIDECAR_NATS_SERVERS": "nats://a:hunter2@b:4222"}, id="password-in-the-address"),
        pytest.param("", {"SIDECAR_NATS_SERVERS": "nats://b:4222?token=hunter2"}, id="token-behind-the-address"),
        pytest.param("", {"SIDECAR_NATS_SERVERS": "http://b:4222?token=hunter2"}, id="token-behind-no-address"),
        pytest.param("nats: {password: hunter2}", {}, id="unknown-setting"),
        pytest.param("nats: {servers: ['nats://a:hunter2@b:4222']}", {}, id="list-for-text"),
        pytest.param("token: hunter2", {}, id="text-for-a-section"),
        pytest.param("consumers: {known: [{name: a, token: hunter2}]}", {}, id="consumer-as-a-mapping"),
        pytest.param("consumers: {known: {a: hunter2}}", {}, id="consumers-as-a-mapping"),
    ],
)
def test_a_secret_in_the_wrong_place_is_not_shown(tmp_path: Path, text: str, environ: dict[str, str]) -> None:
    """Messages end up in logs; these settings are where a password would be tried first."""
    with pytest.raises(ConfigError) as caught:
        load(file=write(tmp_path, text), environ=environ)

    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """A configuration that was asked for and is missing is not an empty one."""
    with pytest.raises(ConfigError, match="nowhere"):
        load(file=tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("settings", "holds"),
    [
        pytest.param({}, None, id="sqlite"),
        pytest.param({"consent.log": "nats"}, None, id="nats"),
        pytest.param({"consent.log": "nats", "consent.held_subjects": 500}, 500, id="a-bound-asks-for-on-demand"),
        pytest.param({"consent.log": "nats", "consent.mode": "on_demand"}, 100_000, id="on-demand-is-bounded"),
        pytest.param({"consent.log": "nats", "consent.mode": "replica"}, None, id="replica"),
    ],
)
def test_how_many_subjects_a_view_holds(settings: dict[str, object], holds: int | None) -> None:
    """All of them, unless a bound or the mode says otherwise."""
    assert holds == load(flags=settings).consent.holds


def test_the_key_is_with_the_data_unless_it_is_elsewhere() -> None:
    """A secret that is mounted, for example."""
    files = [load(environ=environ).key_file for environ in ({}, {"SIDECAR_CONSENT_KEY_FILE": "/run/key"})]

    assert [Path(".data/pseudonym.key"), Path("/run/key")] == files


def test_a_password_in_an_address_is_refused_and_not_shown() -> None:
    """What is in a setting is shown by `config show`; a secret has a file of its own."""
    with pytest.raises(ConfigError, match=r"nats\.user") as caught:
        load(environ={"SIDECAR_NATS_SERVERS": "nats://me:hush@a:4222"})

    assert "hush" not in str(caught.value)


def test_a_log_on_nats_may_say_everything() -> None:
    """Several servers, all of whom are told to the client."""
    config = load(
        environ={
            "SIDECAR_NATS_SERVERS": "nats://a:1  tls://[::1]:2 nats://c",
            "SIDECAR_NATS_USER": "me",
            "SIDECAR_NATS_PASSWORD_FILE": "/run/password",
            "SIDECAR_NATS_MAX_BYTES": "1048576",
        }
    )

    assert ("nats://a:1", "tls://[::1]:2", "nats://c") == config.nats.addresses
    assert 1_048_576 == config.nats.max_bytes


def test_an_unknown_flag_is_an_error() -> None:
    """A key that no section has is refused from every source."""
    with pytest.raises(ConfigError, match=r"server\.listen"):
        load(flags={"server.listens": "127.0.0.1:1"})


@pytest.mark.parametrize(
    "name",
    ["SIDECAR_SERVICE_HOST", "SIDECAR_SERVICE_PORT_GRPC", "SIDECAR_PORT", "SIDECAR_PORT_7070_TCP_ADDR"],
)
def test_what_kubernetes_adds_for_a_service_of_our_name_is_ignored(name: str) -> None:
    """A Service called "sidecar" puts such variables into every pod of its namespace."""
    assert Config() == load(environ={name: "tcp://10.0.0.1:7070", "PATH": "/bin"})


def test_the_variables_of_the_command_line_are_not_settings() -> None:
    """They name a server to talk to, and the file that the settings are in."""
    assert Config() == load(environ={"SIDECAR_ADDRESS": "x", "SIDECAR_CONFIG": "y"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("127.0.0.1:7070", Listener(address="127.0.0.1:7070"), id="address-alone"),
        pytest.param("[::1]:0,service=a", Listener(address="[::1]:0", service="a"), id="pinned"),
        pytest.param("unix:/run/s.sock", Listener(address="unix:/run/s.sock", mode=0o660), id="unix-has-a-mode"),
        pytest.param(
            "unix:/run/s.sock,service=newsletter,mode=0600",
            Listener(address="unix:/run/s.sock", service="newsletter", mode=0o600),
            id="all-of-it",
        ),
        pytest.param("[::1]:0,transport=native", Listener(address="[::1]:0", transport="native"), id="native"),
        pytest.param("0.0.0.0:1,transport=grpcio", Listener(address="0.0.0.0:1", transport="grpcio"), id="grpcio"),
        pytest.param("0.0.0.0:1,transport=auto", Listener(address="0.0.0.0:1"), id="auto-is-the-default"),
    ],
)
def test_listeners_are_read_and_written_alike(text: str, expected: Listener) -> None:
    """The text form of a listener gives the listener back."""
    listener = Listener.parse(text)

    assert expected == listener
    assert expected == Listener.parse(str(listener))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "7070",
        "127.0.0.1",
        "127.0.0.1:",
        ":7070",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:\u0661",
        "::1:7070",
        "unix:",
        "unix:/" + "x" * 107,
        "127.0.0.1:7070,mode=0600",
        "unix:/s,mode=0888",
        "unix:/s,mode=7777",
        "unix:/s,mode=",
        "unix:/s,service=a,service=b",
        "unix:/s,owner=root",
        "unix:/s,service",
        "unix:/s,transport=rust",
        "unix:/s,transport=",
        "unix:/s,transport=native,transport=native",
        "0.0.0.0:7070,transport=native",
        "sidecar:7070,transport=native",
    ],
)
def test_a_listener_that_cannot_be_is_an_error(text: str) -> None:
    """The error names the setting and quotes the listener."""
    with pytest.raises(ConfigError) as caught:
        Listener.parse(text)

    assert "server.listen" in str(caught.value)
    assert f"`{text}`" in str(caught.value)


@pytest.mark.parametrize(
    "address", ["0.0.0.0:7070", "[::]:7070", "192.168.1.5:7070", "sidecar.example:7070", "127.0.0.1.nip.io:7070"]
)
def test_plain_text_on_the_network_must_be_asked_for(address: str) -> None:
    """Beyond loopback a listener is refused, unless the operator says that the network is private."""
    with pytest.raises(ConfigError, match="allow_plaintext_network"):
        load(flags={"server.listen": address})

    allowed = load(flags={"server.listen": address, "server.allow_plaintext_network": True})

    assert address == allowed.server.listen[0].address


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "localhost:1", "unix:/s"])
def test_this_machine_needs_no_permission(address: str) -> None:
    """Loopback and Unix sockets are never the network."""
    assert load(flags={"server.listen": address}).server.listen[0].is_local


@pytest.mark.parametrize(
    ("listen", "http", "expected"),
    [
        pytest.param("127.0.0.1:7070", "auto", "127.0.0.1:7071", id="the-port-after"),
        pytest.param("unix:/s [::1]:9", "auto", "[::1]:10", id="of-the-first-tcp-listener"),
        pytest.param("127.0.0.1:0", "auto", "127.0.0.1:0", id="a-free-port-after-a-free-port"),
        pytest.param("unix:/s", "auto", None, id="nowhere-without-tcp"),
        pytest.param("127.0.0.1:7070", "off", None, id="off"),
        pytest.param("127.0.0.1:7070", "0.0.0.0:80", "0.0.0.0:80", id="as-told"),
    ],
)
def test_where_http_is_served(listen: str, http: str, expected: str | None) -> None:
    """By default beside gRPC, otherwise as told."""
    assert expected == load(flags={"server.listen": listen, "http.address": http}).http_address


def test_there_is_no_port_after_the_last() -> None:
    """`auto` cannot be kept for it, and says so."""
    with pytest.raises(ConfigError, match=r"http\.address"):
        _ = load(flags={"server.listen": "127.0.0.1:65535"}).http_address


def test_the_token_is_in_the_data_folder_unless_told_otherwise() -> None:
    """One setting moves it, the data folder moves it along."""
    assert Path("/d/operator.token") == load(flags={"data.dir": "/d"}).token_file
    assert Path("/t") == load(flags={"data.dir": "/d", "token.file": "/t"}).token_file


def test_a_consumer_has_a_name_a_token_and_perhaps_ids() -> None:
    """Ids are shown only to who is said to see them."""
    config = load(environ={"SIDECAR_CONSUMERS_KNOWN": "mail-provider,token=/run/mail,subjects=yes crm,token=crm"})

    assert config.consumers.known == (
        Consumer(name="mail-provider", token_file=Path("/run/mail"), subjects=True),
        Consumer(name="crm", token_file=Path("crm"), subjects=False),
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("mail", ["`mail`", "token=FILE is missing"], id="no-token"),
        pytest.param("mail,token=", ["`token=`", "token=FILE"], id="empty-token"),
        pytest.param("mail,token=a,token=b", ["`token=b`", "at most once"], id="two-tokens"),
        pytest.param("mail,token=a,subject=yes", ["`subject=yes`", "subjects=yes"], id="unknown-option"),
        pytest.param("mail,token=a,subjects=maybe", ["`maybe`", "yes or no"], id="neither-yes-nor-no"),
        pytest.param("Mail,token=a", ["`Mail`", "a-z", "mail-provider"], id="capital"),
        pytest.param(",token=a", ["``", "no name"], id="no-name"),
        pytest.param(f"{'m' * 64},token=a", ["1 to 63"], id="long-name"),
        pytest.param("mail,token=a mail,token=b", ["`mail`", "twice"], id="twice"),
    ],
)
def test_a_wrong_consumer_is_named_with_what_is_wrong(text: str, told: list[str]) -> None:
    """The error names the setting, the text and what would be right."""
    with pytest.raises(ConfigError) as caught:
        load(environ={"SIDECAR_CONSUMERS_KNOWN": text})

    assert [part for part in ("`consumers.known`", *told) if part not in str(caught.value)] == []


@pytest.mark.parametrize("text", ["consumers: {known: 7}", "consumers: {known: [7]}", "consumers: {known: {a: b}}"])
def test_consumers_in_a_file_are_a_list(text: str, tmp_path: Path) -> None:
    """Anything else says what an item looks like."""
    with pytest.raises(ConfigError, match="mail-provider,token=FILE"):
        load(file=write(tmp_path, text))
