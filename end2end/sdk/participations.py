"""The official Python SDK, unmodified: Portal stands where Login with Amazon stood, the simulator where SP-API stood."""

import json
import os

from spapi import SPAPIClient, SPAPIConfig
from spapi.api.sellers_v1.sellers_api import SellersApi

config = SPAPIConfig(
    client_id=os.environ["GATEWAY_KEY_ID"],
    client_secret=os.environ["GATEWAY_KEY"],
    refresh_token=os.environ["CONNECTION_ID"],
    region="EU",
)
client = SPAPIClient(config, oauth_endpoint=os.environ["TOKEN_URL"], endpoint=os.environ["SP_API_URL"])
answer = SellersApi(client.api_client).get_marketplace_participations()
print(json.dumps([participation.marketplace.id for participation in answer.payload]))
