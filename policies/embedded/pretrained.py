"""The network as a model of transformers: importing this is all that AutoModel needs to read its folders."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel

from deskhand.policies.embedded.network import MODEL_TYPE, PREFIX, ReasonerConfig, ReasonerModel


class PretrainedReasonerConfig(PretrainedConfig):  # type: ignore[misc]
    """See ``network.ReasonerConfig``, whose names it takes."""

    model_type = MODEL_TYPE

    def __init__(self, **kwargs: Any) -> None:
        sizes = {name: kwargs.pop(name, value) for name, value in asdict(ReasonerConfig()).items()}
        for name, value in (sizes | {"words": tuple(sizes["words"])}).items():
            setattr(self, name, value)
        super().__init__(**kwargs)

    def sizes(self) -> ReasonerConfig:
        """What the network is made of."""
        return ReasonerConfig(**{name: getattr(self, name) for name in asdict(ReasonerConfig())})


class PretrainedReasoner(PreTrainedModel):  # type: ignore[misc]
    """Holds the network; ``network.ReasonerModel`` reads what it writes, and the other way round."""

    config_class = PretrainedReasonerConfig
    base_model_prefix = PREFIX.rstrip(".")
    main_input_name = "words"

    def __init__(self, config: PretrainedReasonerConfig) -> None:
        super().__init__(config)
        self.network = ReasonerModel(config.sizes())
        self.post_init()

    def _init_weights(self, module: Any) -> None:
        """The network has drawn its own."""


AutoConfig.register(MODEL_TYPE, PretrainedReasonerConfig)
AutoModel.register(PretrainedReasonerConfig, PretrainedReasoner)
