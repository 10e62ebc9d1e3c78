"""Models, the account, and the secret of webhooks: what the libraries ask for around predictions."""

from __future__ import annotations

from fastapi import APIRouter

from aigcq.api.replicate.dependencies import AskedDep, Base
from aigcq.api.replicate.documented import errors
from aigcq.api.replicate.models import id_of, model_object, version_object
from aigcq.api.replicate.schema import Account, ModelObject, SigningSecret, VersionObject, VersionPage
from aigcq.errors import ModelNotFound, NoSigningSecret

router = APIRouter()


@router.get("/models/{owner}/{name}", responses=errors(404))
async def get_model(asked: AskedDep, base: Base) -> ModelObject:
    """Tell of a model, and what its input takes."""
    return model_object(asked, base)


@router.get("/models/{owner}/{name}/versions", responses=errors(404))
async def list_model_versions(asked: AskedDep) -> VersionPage:
    """List the versions of a model: here each version is a model of its own, and has one."""
    return VersionPage(results=[version_object(asked.version)])


@router.get("/models/{owner}/{name}/versions/{version_id}", responses=errors(404))
async def get_model_version(asked: AskedDep, version_id: str) -> VersionObject:
    """Tell of the version of a model."""
    if version_id.casefold() != id_of(asked.version):
        raise ModelNotFound(f"version of {asked.name} with this id", [id_of(asked.version)])
    return version_object(asked.version)


@router.get("/account")
async def get_account() -> Account:
    """Tell who asks."""
    return Account()


@router.get("/webhooks/default/secret", responses=errors(404))
async def get_webhook_secret() -> SigningSecret:
    """Tell who has what webhooks are signed with: whoever reads it here could sign in our name."""
    raise NoSigningSecret
