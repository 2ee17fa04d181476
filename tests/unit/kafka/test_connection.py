"""Connection options follow the settings, and the password stays inside."""

import ssl

import pytest
from aiokafka import AIOKafkaConsumer

from consumer.errors import UserError, WorldFault
from consumer.kafka.connection import client_options, started
from consumer.settings import KafkaSettings


def test_plain_connection_has_no_security_arguments():
    """By default nothing of SASL or TLS is passed."""
    options = client_options(KafkaSettings(bootstrap_servers="a:1,b:2"))
    assert options["bootstrap_servers"] == "a:1,b:2"
    assert options["security_protocol"] == "PLAINTEXT"
    assert not {name for name in options if name.startswith(("sasl", "ssl"))}


def test_clients_notice_an_added_partition_within_a_minute():
    """Their own default is five, in which nobody reads what producers already send there."""
    assert client_options(KafkaSettings())["metadata_max_age_ms"] <= 60_000


def test_sasl_over_tls_verifies_and_unwraps_the_password():
    """The password is unwrapped for the client only; the context verifies host names."""
    settings = KafkaSettings(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-512", sasl_username="me", sasl_password="hunter2"
    )
    options = client_options(settings)
    assert options["sasl_plain_password"] == "hunter2"
    assert options["sasl_mechanism"] == "SCRAM-SHA-512"
    assert options["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    assert options["ssl_context"].check_hostname
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize(
    "settings",
    [
        KafkaSettings(security_protocol="SASL_PLAINTEXT", sasl_username="me"),
        KafkaSettings(security_protocol="SASL_SSL", sasl_password="x"),
        KafkaSettings(security_protocol="SSL", ssl_ca_file="/no/such/file.pem"),
    ],
    ids=["no-password", "no-username", "no-ca-file"],
)
def test_incomplete_security_is_told_in_a_line(settings):
    """A half-configured connection is a usage error that names the setting."""
    with pytest.raises(UserError) as caught:
        client_options(settings)
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


async def test_unreachable_broker_is_told_with_its_address(free_port):
    """No broker: the world's fault, with address and protocol in the message, and the client is closed."""
    settings = KafkaSettings(bootstrap_servers=f"127.0.0.1:{free_port}")
    client = AIOKafkaConsumer(**client_options(settings))
    with pytest.raises(WorldFault, match=rf"127.0.0.1:{free_port} accepts PLAINTEXT"):
        async with started(client, settings):
            pass
