"""What one source has reaches many in little more than the time in which it could give it once."""

from forepost.controller.jobs.neighbours import LinkMember, links_of
from tests.agent.transfer.spread import rounds_until_all_have_all

MEMBERS, PIECES, SHARE = 60, 2_048, 64


def test_a_swarm_of_sixty_takes_little_longer_than_one_copy() -> None:
    members = [
        LinkMember(agent_id=n, permission="ro" if n else "rw", site=f"s{n % 7}")
        for n in range(MEMBERS)
    ]
    links = {n: sorted(others) for n, others in links_of("distribution", members).items()}
    assert max(map(len, links.values())) <= 12
    rounds = rounds_until_all_have_all(MEMBERS, links, PIECES, SHARE, seed=3)
    assert rounds <= 1.7 * PIECES / SHARE
