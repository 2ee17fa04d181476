"""Several callers in one call: who goes when, what each gets, and that nobody pays for another."""

import asyncio
import json

import pytest

from consumer.errors import AssignmentLost, EpisodeFault, UserError, WorldFault
from consumer.llm.batch_size import BatchSize
from consumer.llm.batching import BatchedChat
from consumer.llm.exchange import ChatAnswer, ChatRequest, Finish
from consumer.ports import IS_STARTABLE
from consumer.settings import LlmSettings
from consumer.testing.fakes import FakeClock


class Lines:
    """Binds by lines; a part is what follows `user=`."""

    def bind(self, users):
        """One a line."""
        return "\n".join(users)

    def split(self, text, users):
        """By name."""
        try:
            told = json.loads(text)
        except ValueError:
            return [None] * len(users)
        return [told.get(user) for user in users]


class Echo:
    """Answers every user with its capitals; `spoil(users)` may give another answer, or raise."""

    name = "echo/m"

    def __init__(self, clock=None, seconds=0.0, spoil=lambda users: None):
        self.asked, self.running, self.most, self.is_closed = [], 0, 0, False
        self._clock, self._seconds, self._spoil = clock, seconds, spoil

    async def complete(self, request):
        """One call."""
        users = request.user.split("\n")
        self.asked.append(users)
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if self._clock is not None:
                await self._clock.sleep(self._seconds)
            spoilt = self._spoil(users)
        finally:
            self.running -= 1
        if isinstance(spoilt, Exception):
            raise spoilt
        return spoilt or ChatAnswer(json.dumps({user: user.upper() for user in users}))

    async def aclose(self):
        """Note it."""
        self.is_closed = True


class Gate:
    """Limits of a model, by hand."""

    places, wait = 10, 0.0

    def wait_s(self, text_tokens):
        return self.wait


def batched(chat, clock=None, concurrency=2, **settings):
    """The wrapper around `chat`."""
    return BatchedChat(chat, Lines(), LlmSettings(**settings), concurrency, clock=clock or FakeClock(skips_sleep=True))


def question(user, group="g", **fields):
    """A request about one episode."""
    return ChatRequest("s", user, is_usable=lambda text: text != "BAD", about=((group, len(user)),), **fields)


async def ask(chat, *requests):
    """What each gets, an exception as a value; all asked at once."""

    async def one(request):
        try:
            return (await chat.complete(request)).text
        except (EpisodeFault, WorldFault, UserError, ZeroDivisionError) as error:
            return error

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(request)) for request in requests]
    return [task.result() for task in tasks]


async def test_questions_that_wait_together_share_a_call_and_each_gets_its_own_answer():
    """Eight at a time, in order; the answers are not confused."""
    model = Echo()
    users = [f"u{number}" for number in range(20)]
    assert await ask(batched(model), *map(question, users)) == [user.upper() for user in users]
    assert [len(users) for users in model.asked] == [8, 8, 4]
    assert [user for users in model.asked for user in users] == users


async def test_who_comes_alone_waits_only_the_linger():
    """Ten milliseconds while nothing is under way; then it goes by itself."""
    clock = FakeClock()
    model = Echo()
    asking = asyncio.create_task(batched(model, clock, batch_linger_ms=10).complete(question("a")))
    await clock.advance(0.009)
    assert model.asked == []
    await clock.advance(0.002)
    assert (await asking).text == "A"


async def test_no_more_calls_at_once_than_places_and_a_free_one_is_taken_at_once():
    """H1, with callers who wait for the places."""
    clock = FakeClock()
    model = Echo(clock, 1.0)
    chat = batched(model, clock, concurrency=2, batch_episodes=3)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(chat.complete(question(f"u{number}"))) for number in range(12)]
        await clock.advance(0.99)
        assert (model.running, chat.waiting) == (2, 6)
        await clock.advance(0.02)
        assert (model.running, chat.waiting) == (2, 0)
        await clock.advance(1.0)
    assert model.most == 2
    assert all(task.done() for task in tasks)


async def test_a_newcomer_of_another_group_is_in_the_next_call():
    """H1: two hundred of a flooding tenant wait; another's one does not wait behind them."""
    clock = FakeClock()
    model = Echo(clock, 1.0)
    chat = batched(model, clock, concurrency=1)
    async with asyncio.TaskGroup() as group:
        for number in range(200):
            group.create_task(chat.complete(question(f"f{number}", "flood")))
        await clock.advance(3.5)
        lone = group.create_task(chat.complete(question("lone", "other")))
        await clock.advance(1.6)
        assert lone.done()
        await clock.advance(40)


async def test_other_fixed_texts_are_other_calls():
    """Questions of two ontologies, or formats, cannot share a prompt."""
    model = Echo()
    requests = [question("a"), ChatRequest("other", "b"), question("c")]
    assert await ask(batched(model), *requests) == ["A", "B", "C"]
    assert sorted(model.asked) == [["a", "c"], ["b"]]


async def test_a_call_holds_no_more_tokens_than_it_may():
    """A large episode has a call of its own; small ones are added up."""
    model = Echo()
    chat = batched(model, batch_tokens=100)
    await ask(chat, question("x" * 1_000), question("a" * 160), question("b" * 160), question("c" * 160))
    assert sorted(len(users) for users in model.asked) == [1, 1, 2]


async def test_equal_texts_are_not_asked_twice_in_one_call():
    """Their keys would be equal; each is answered all the same."""
    model = Echo()
    assert await ask(batched(model), question("a"), question("a"), question("b")) == ["A", "A", "B"]
    assert all(len(users) == len(set(users)) for users in model.asked)


async def test_a_part_that_is_missing_is_asked_for_among_others_and_then_alone():
    """Twice among others, for it may have been their fault; what came is kept."""
    model = Echo(
        spoil=lambda users: ChatAnswer(json.dumps({u: u.upper() for u in users if u != "x" or len(users) == 1}))
    )
    assert await ask(batched(model), *map(question, "axbc")) == ["A", "X", "B", "C"]
    assert model.asked[0] == ["a", "x", "b", "c"]
    assert [users for users in model.asked if "x" in users][1:] == [["x"]]


async def test_a_part_that_its_asker_cannot_use_is_asked_for_again():
    """`is_usable` decides, as it does for the cache."""
    model = Echo(spoil=lambda users: ChatAnswer(json.dumps({u: "BAD" if len(users) > 1 else "ok" for u in users})))
    assert await ask(batched(model), *map(question, "ab")) == ["ok", "ok"]
    assert [len(users) for users in model.asked] == [2, 2, 1, 1]


async def test_an_answer_that_is_no_answer_costs_one_more_call_not_one_each():
    """A whole batch spoilt is asked again as a whole first."""
    answers = iter([ChatAnswer("<html>"), None])
    model = Echo(spoil=lambda users: next(answers))
    assert await ask(batched(model), *map(question, "abcd")) == ["A", "B", "C", "D"]
    assert [len(users) for users in model.asked] == [4, 4]


async def test_alone_an_unusable_answer_is_the_askers_to_judge():
    """What to do after it, and how often, the extractor says."""
    model = Echo(spoil=lambda users: ChatAnswer("<html>"))
    assert await ask(batched(model), question("a")) == ["<html>"]


async def test_a_refusal_of_many_is_asked_for_one_by_one():
    """H2: nobody knows whose it was; alone it is that one's."""
    model = Echo(spoil=lambda users: ChatAnswer("no", Finish.REFUSED) if "x" in users else None)
    chat = batched(model)
    assert await ask(chat, *map(question, "axb")) == ["A", "no", "B"]
    assert (await chat.complete(question("x"))).finish is Finish.REFUSED


async def test_a_fault_of_one_episode_is_not_its_neighbours():
    """Too long, filtered: found out alone."""
    model = Echo(spoil=lambda users: EpisodeFault("filtered") if "x" in users else None)
    got = await ask(batched(model), *map(question, "axb"))
    assert (got[0], got[1].reason, got[2]) == ("A", "filtered", "B")


async def test_a_fault_of_the_world_is_everybodys_and_told_once():
    """One failed call is one failure for the breaker, however many shared it."""
    model = Echo(spoil=lambda users: WorldFault("llm", "down", 2.0))
    got = await ask(batched(model), *map(question, "abc"))
    assert [fault.is_shared for fault in got] == [False, True, True]
    assert {fault.retry_after_s for fault in got} == {2.0}


async def test_a_fault_is_told_by_one_who_still_waits():
    """The breaker must hear of it, even if the first of the call has given up."""
    clock = FakeClock()
    chat = batched(Echo(clock, 1.0, lambda users: WorldFault("llm", "down")), clock)
    first, second = (asyncio.create_task(chat.complete(question(user))) for user in "ab")
    await clock.advance(0.5)
    first.cancel()
    await clock.advance(1)
    with pytest.raises(WorldFault) as fault:
        await second
    assert not fault.value.is_shared


async def test_who_keeps_being_in_calls_that_fail_is_asked_about_alone():
    """An episode that the model hangs on takes its neighbours along three times at most."""
    model = Echo(spoil=lambda users: WorldFault("llm", "no answer in time") if "x" in users else None)
    chat = batched(model)
    for _ in range(3):
        await ask(chat, *map(question, "ax"))
    model.asked.clear()
    got = await ask(chat, *map(question, "ax"))
    assert (got[0], type(got[1])) == ("A", WorldFault)
    assert sorted(model.asked) == [["a"], ["x"]]
    model.asked.clear()
    assert await ask(chat, *map(question, "ab")) == ["A", "B"]
    assert model.asked == [["a", "b"]]


async def test_throttling_makes_nobody_suspect():
    """It says nothing of who asked."""
    model = Echo(spoil=lambda users: WorldFault("llm", "429", 1.0, is_throttling=True))
    chat = batched(model)
    for _ in range(5):
        await ask(chat, *map(question, "ab"))
    assert [len(users) for users in model.asked] == [2] * 5


@pytest.mark.parametrize("error", [UserError("wrong key"), ZeroDivisionError()])
async def test_what_is_nobodys_fault_reaches_everybody(error):
    """The operator's to mend, or a bug: no caller waits for ever."""
    assert await ask(batched(Echo(spoil=lambda users: error)), *map(question, "ab")) == [error, error]


async def test_a_bug_of_the_binder_reaches_everybody_too():
    """Even what should not happen must not hang a pipeline."""
    chat = batched(Echo())
    chat._binder.split = lambda text, users: 1 / 0
    got = await ask(chat, *map(question, "ab"))
    assert [type(error) for error in got] == [ZeroDivisionError] * 2


async def test_who_gives_up_takes_nobody_along():
    """H3: cancelled while it waits, and while it is asked about."""
    clock = FakeClock()
    model = Echo(clock, 1.0)
    chat = batched(model, clock, concurrency=1, batch_episodes=2)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(chat.complete(question(user))) for user in "abcd"]
        await clock.advance(0.1)
        tasks[0].cancel()
        tasks[2].cancel()
        await clock.advance(3)
    assert [None if task.cancelled() else task.result().text for task in tasks] == [None, "B", None, "D"]
    assert model.asked == [["a", "b"], ["d"]]


async def test_who_may_start_nothing_more_is_told_when_its_turn_comes():
    """A drain waits for the calls under way, not for those that would be made after them."""
    clock = FakeClock()
    model = Echo(clock, 1.0)
    chat = batched(model, clock, concurrency=1, batch_episodes=2)
    draining = set()

    async def one(user):
        IS_STARTABLE.set(lambda: user not in draining)
        return (await chat.complete(question(user))).text

    tasks = [asyncio.create_task(one(user)) for user in "abcde"]
    await clock.advance(0.1)
    draining |= set("bcd")
    await clock.advance(5)
    assert [task.exception() and type(task.exception()) for task in tasks] == [None, None, *[AssignmentLost] * 2, None]
    assert model.asked == [["a", "b"], ["e"]]


async def test_who_waits_for_a_limit_is_told_soon():
    """Not only when the limit lets a call begin."""
    clock, gate = FakeClock(), Gate()
    gate.wait = 60.0
    chat = BatchedChat(Echo(), Lines(), LlmSettings(), 10, gate=gate, clock=clock)
    may = [True]
    IS_STARTABLE.set(lambda: may[0])
    asking = asyncio.create_task(chat.complete(question("a")))
    await clock.advance(0.1)
    may[0] = False
    await clock.advance(0.6)
    assert isinstance(asking.exception(), AssignmentLost)


async def test_alone_means_alone_and_has_its_own_room():
    """A later attempt of the extractor asks so, with more output tokens."""
    model = Echo()
    seen = []
    model.complete, inner = (
        (lambda request: (seen.append(request.max_output_tokens), inner(request))[1]),
        model.complete,
    )
    await ask(batched(model), question("a"), question("b", is_alone=True, max_output_tokens=99), question("c"))
    assert sorted(model.asked) == [["a", "c"], ["b"]]
    assert sorted(seen, key=str) == [99, None]


async def test_while_limits_let_no_call_begin_questions_gather():
    """The call that goes then is full, and no question is lost for the waiting."""
    clock, model, gate = FakeClock(), Echo(), Gate()
    chat = BatchedChat(model, Lines(), LlmSettings(), 10, gate=gate, clock=clock)
    gate.wait = 2.0
    tasks = []
    for number in range(8):
        tasks.append(asyncio.create_task(chat.complete(question(f"u{number}"))))
        await clock.advance(0.1)
    assert (model.asked, chat.waiting) == ([], 8)
    gate.wait = 0.0
    await clock.advance(2)
    assert [len(users) for users in model.asked] == [8]
    assert all(task.done() for task in tasks)


async def test_no_more_calls_than_the_model_bears():
    """Its limiter found out that it is two."""
    clock, gate = FakeClock(), Gate()
    gate.places = 2
    model = Echo(clock, 1.0)
    chat = BatchedChat(model, Lines(), LlmSettings(batch_episodes=1), 10, gate=gate, clock=clock)
    async with asyncio.TaskGroup() as group:
        for user in "abcdef":
            group.create_task(chat.complete(question(user)))
        await clock.advance(5)
    assert model.most == 2


async def test_closing_ends_what_is_under_way():
    """Nobody is left waiting, and the model is closed."""
    clock = FakeClock()
    model = Echo(clock, 1.0)
    chat = batched(model, clock, concurrency=1, batch_episodes=1)
    tasks = [asyncio.create_task(chat.complete(question(user))) for user in "ab"]
    await clock.advance(0.5)
    await chat.aclose()
    await asyncio.wait(tasks, timeout=60)
    assert model.is_closed
    assert all(task.cancelled() for task in tasks)


def test_the_size_follows_the_time_that_full_calls_take():
    """Slow ones make it smaller, quick ones let it grow again; two cut-off ones in a row halve it."""
    size = BatchSize(8, 10.0)
    for _ in range(4):
        size.answered(8, 20.0)
    assert size.limit == 5
    for _ in range(40):
        size.answered(size.limit, 1.0)
    assert size.limit == 8
    size.answered(8, 1.0, is_cut=True)
    size.answered(8, 1.0)
    size.answered(8, 1.0, is_cut=True)
    assert size.limit == 8
    size.answered(8, 1.0, is_cut=True)
    assert size.limit == 4
    for _ in range(50):
        size.answered(2, 99.0)
    assert size.limit == 4
    for _ in range(200):
        size.answered(size.limit, 99.0)
    assert size.limit == 1
