"""Plugin of pytest. Downloads the model before each test that deletes it."""

import json
import os
import urllib.request

import pytest

BASE_URL = os.environ["TEST_API_BASE_URL"]
MODEL = os.environ["OPEN_ASR_TEST_MODEL"]


@pytest.fixture(autouse=True)
def model_to_delete(request):
    name = request.node.name
    if "_delete" in name and "path_params" not in name:
        body = json.dumps({"model": MODEL}).encode()
        url = f"{BASE_URL}/admin/models/pull"
        with urllib.request.urlopen(urllib.request.Request(url, body)) as response:
            assert json.load(response)["model"] == MODEL
