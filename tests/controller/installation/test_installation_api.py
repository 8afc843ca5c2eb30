"""How the controller is set up: for who runs it, and without a secret."""

import json
import subprocess
import sys
from pathlib import Path

from tests.registry import write_mmdb
from tests.running import ControllerProcess

CITY = {"8.8.8.0/24": {"city": {"names": {"en": "Lisbon"}}}}


def test_who_runs_it_sees_what_is_set_and_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "controller"
    process = ControllerProcess(folder)
    city = write_mmdb(tmp_path / "city.mmdb", "Test-City", CITY)
    process.env |= {
        "FOREPOST_LOOKUPS__GEOIP_CITY": str(city),
        "FOREPOST_LOOKUPS__GEOIP_ASN": str(tmp_path / "gone.mmdb"),
        "FOREPOST_HTTP__PUBLIC_URL": "https://noc.example",
        "FOREPOST_DATA__RETENTION_DAYS": "30",
        "FOREPOST_MAIL__HOST": "mail.example",
        "FOREPOST_MAIL__PASSWORD": "of the mail server",
        "FOREPOST_MAIL__FROM_ADDRESS": "noc@example.com",
    }
    process.start()
    try:
        admin, person = process.person(), process.person("mia@example.com", "a good password")
        refused = person.ask("GET", "/installation")
        said = {"error": "SITE_ADMIN is needed", "required_role": "SITE_ADMIN"}
        assert (refused.status_code, refused.json()) == (403, said)
        found = admin.call("GET", "/installation")
        assert (found["public_url"], found["mail"]) == ("https://noc.example", True)
        assert (found["database"], found["last_backup"]) == ("sqlite", None)
        assert {"setting": "data.retention_days", "days": 30} in found["kept"]
        sources = {one["setting"]: one for one in found["sources"]}
        assert sources["lookups.geoip_city"]["state"] == "loaded"
        assert sources["lookups.geoip_city"]["type"] == "Test-City"
        assert sources["lookups.geoip_country"]["state"] == "missing"
        assert sources["lookups.geoip_asn"]["state"] == "failed"
        assert "No such file" in sources["lookups.geoip_asn"]["reason"]
        assert "of the mail server" not in json.dumps(found)

        out = tmp_path / "backup.tar"
        run = [sys.executable, "-m", "forepost.cli.main"]
        made = [*run, "backup", str(out), "--data", found["data_dir"]]
        subprocess.run(made, check=True, capture_output=True, timeout=60)
        last = admin.call("GET", "/installation")["last_backup"]
        assert 0 < last["bytes"] <= out.stat().st_size
    finally:
        process.end()
