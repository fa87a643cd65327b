"""The people of a tenant: invited, given roles, deactivated by their managers."""

from fastapi import APIRouter, Depends, Request, status

from fleet.errors import NotFound
from fleet.stores import people
from ui.api import cursors
from ui.api.access import OperatorDep, PeopleManagerDep, client_address, refuse_foreign_origin
from ui.api.models.people import ChosenPassword, Invitation, NewPerson, Person, PersonChange, PersonPage, Welcome
from ui.api.parameters import Cursor, Limit, PersonPath
from ui.api.services import NowDep, PoolDep, ServicesDep

entrance = APIRouter(tags=["people"], dependencies=[Depends(refuse_foreign_origin)])  # whoever is invited has no session yet
router = APIRouter(prefix="/people", tags=["people"])


@entrance.post("/invitation", operation_id="acceptInvitation")
async def accept_invitation(
    chosen: ChosenPassword, request: Request, services: ServicesDep, pool: PoolDep, now: NowDep
) -> Welcome:
    """Choose a password with the link of an invitation, which works once. Sessions that the person still had end."""
    address = client_address(request)
    services.throttle.check(address)
    if await people.holder_of(pool, chosen.token) is None:
        services.throttle.failed(address)
        raise NotFound(people.NO_INVITATION)
    return Welcome(email=await people.accept(pool, chosen.token, await services.passwords.hashed(chosen.password), now))


@router.get("", operation_id="listPeople")
async def list_people(who: OperatorDep, pool: PoolDep, cursor: Cursor = None, limit: Limit = 100) -> PersonPage:
    """Everybody of this tenant, by email address."""
    (after,) = cursors.decode(cursor, (str,)) if cursor else [""]
    found = await people.find(pool, who, after, limit + 1)
    items = [Person.model_validate(person, from_attributes=True) for person in found[:limit]]
    return PersonPage(items=items, next_cursor=cursors.encode((items[-1].email,)) if len(found) > limit else None)


@router.post("", operation_id="invitePerson", status_code=status.HTTP_201_CREATED)
async def invite_person(wish: NewPerson, who: PeopleManagerDep, pool: PoolDep, now: NowDep) -> Invitation:
    """Enter somebody, and get the link with which they choose a password."""
    email = wish.email.strip().lower()
    return _shown(await people.invite(pool, who, email, wish.name, wish.role, wish.driver_id, now))


@router.post("/{userId}/invitation", operation_id="invitePersonAgain", status_code=status.HTTP_201_CREATED)
async def invite_person_again(user_id: PersonPath, who: PeopleManagerDep, pool: PoolDep, now: NowDep) -> Invitation:
    """A new link, for a lost one or a forgotten password. The link before it counts no more."""
    return _shown(await people.invite_again(pool, who, user_id, now))


@router.patch("/{userId}", operation_id="changePerson")
async def change_person(user_id: PersonPath, wish: PersonChange, who: PeopleManagerDep, pool: PoolDep, now: NowDep) -> Person:
    """Another name or role; deactivated or let in again. Whoever is deactivated is signed out everywhere at once."""
    changed = await people.change(pool, who, user_id, people.Change(wish.name, wish.role, wish.active), now)
    return Person.model_validate(changed, from_attributes=True)


@router.delete("/{userId}/second-factor", operation_id="resetSecondFactor", status_code=status.HTTP_204_NO_CONTENT)
async def reset_second_factor(user_id: PersonPath, who: PeopleManagerDep, pool: PoolDep, now: NowDep) -> None:
    """For somebody who lost both the app and the spare codes."""
    await people.remove_second_factor(pool, who, user_id, now)


def _shown(invitation: people.Invitation) -> Invitation:
    return Invitation.model_validate(invitation, from_attributes=True)
