"""What findings say."""

from relay.finding import branches_and_tags


def test_one_branch_is_one() -> None:
    """A repository with a single branch is spoken of as people would."""
    assert ["1 branch or tag", "2 branches and tags"] == [branches_and_tags(number) for number in (1, 2)]
