"""The extractor contract on the fake, on the openai extractor against the simulator, and on the local one."""

import pytest
import pytest_asyncio
from contracts import ExtractorContract

from consumer.settings import LlmSettings
from consumer.testing.fakes import FakeExtractor
from consumer.testing.openai_extractor import openai_extractor


class TestFakeExtractor(ExtractorContract):
    @pytest.fixture
    def extractor(self):
        """The grammar's reader."""
        return FakeExtractor()


class TestOpenAiExtractor(ExtractorContract):
    @pytest.fixture(params=["json_schema", "json_object"])
    async def extractor(self, simulator, request):
        """The real extractor over real HTTP."""
        settings = LlmSettings(structured_output=request.param)
        opened = openai_extractor(simulator.base_url, settings)
        yield opened
        await opened.aclose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def local_extractor():
    """The real local extractor with its worker process; loaded once."""
    pytest.importorskip("spacy")
    from consumer.extract.local import LocalExtractor

    opened = LocalExtractor()
    yield opened
    await opened.aclose()


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.engine
class TestLocalExtractor(ExtractorContract):
    @pytest.fixture
    def extractor(self, local_extractor):
        """The one of this module."""
        return local_extractor
