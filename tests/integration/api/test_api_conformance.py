"""Generated requests over the whole document: no server error, and every answer is what the document says."""

import asyncio
import sys

import pytest

from fleet.settings import Api, Mqtt, Postgres, Rate, Settings
from fleetguard.testing import free_port

# A stream does not end, signing out ends the session of all that follows, and without a broker these two rightly say 503.
LEFT_OUT = ("streamAnomalies", "signOut", "sendTelemetry", "getReadiness")
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
EXAMPLES = 15


@pytest.fixture(scope="module")
async def patient_api(serve_api, postgres):
    """An API that grants as many requests as come."""
    flood = Rate(per_s=1e6, burst=10**6)
    api = Api(person_rate=flood, tenant_rate=flood)
    return await serve_api(Settings(postgres=Postgres(url=postgres.app_url), mqtt=Mqtt(port=free_port()), api=api))


@pytest.mark.parametrize("is_signed_in", [True, False])
async def test_generated_requests_find_no_error_of_ours_and_no_answer_beside_the_document(
    patient_api, sign_in, tenant, raise_alert, tmp_path, is_signed_in
):
    await raise_alert(tenant)
    headers = ["-H", "X-Requested-With: fleetguard"]
    if is_signed_in:
        admin = await sign_in(tenant, "platform_admin")
        headers += ["-H", "Cookie: " + "; ".join(f"{name}={value}" for name, value in admin.browser.cookies.items())]
    left_out = [part for name in LEFT_OUT for part in ("--exclude-operation-id", name)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", f"{patient_api}/openapi.json", *headers, *left_out,
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "7",
        "--request-timeout", "20", "--suppress-health-check", "all", "--no-color",
        cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()[-20_000:]
    assert (b"Authentication failed" in output) != is_signed_in, "the requests did not come from whom they should"
