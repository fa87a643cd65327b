"""Tokens with which a person's programs call this API: `Authorization: Bearer …`."""

from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, status

from fleet.stores import api_tokens
from ui.api.access import InPersonDep
from ui.api.models.api_tokens import ApiToken, ApiTokenList, ApiTokenSecret, NewApiToken
from ui.api.services import NowDep, PoolDep

router = APIRouter(prefix="/tokens", tags=["session"])


@router.get("", operation_id="listTokens")
async def list_tokens(who: InPersonDep, pool: PoolDep) -> ApiTokenList:
    """Your tokens, newest first, expired ones too."""
    return ApiTokenList(items=[ApiToken.model_validate(each, from_attributes=True) for each in await api_tokens.own(pool, who)])


@router.post("", operation_id="createToken", status_code=status.HTTP_201_CREATED)
async def create_token(wish: NewApiToken, who: InPersonDep, pool: PoolDep, now: NowDep) -> ApiTokenSecret:
    """A token that never does more than you may. It is shown once."""
    made, text = await api_tokens.create(pool, who, wish.name, wish.scopes, now + timedelta(days=wish.days), now)
    return ApiTokenSecret(token=text, api_token=ApiToken.model_validate(made, from_attributes=True))


@router.delete("/{id}", operation_id="revokeToken", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_token(id: UUID, who: InPersonDep, pool: PoolDep, now: NowDep) -> None:
    """End one of your tokens; its open streams end within seconds."""
    await api_tokens.revoke(pool, who, id, now)
