"""MLServer: a runtime of our own in one parallel worker, with adaptive batching."""

from pathlib import Path

from mlserver import MLModel
from mlserver.codecs import StringCodec
from mlserver.types import InferenceRequest, InferenceResponse

from bench.peers.scoring import Scoring


class FleetModel(MLModel):
    """The models, loaded by the worker."""

    async def load(self) -> bool:
        """Load; called in the worker."""
        self._scoring = Scoring(Path(self.settings.parameters.uri))
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """The answer to each text of rows: an element of the tensor."""
        answers = self._scoring.answer(StringCodec.decode_input(payload.inputs[0]))
        return InferenceResponse(model_name=self.name, outputs=[StringCodec.encode_output("probability", answers)])
