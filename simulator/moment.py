"""What every moving part needs to know about the step it takes."""

from dataclasses import dataclass

from simulator.vehicles import Array, Flags


@dataclass(frozen=True, slots=True)
class Moment:
    """(n,) engine running or not, seconds since it started, outside temperature, seconds to advance (0 stands still)."""

    running: Flags
    since_start_s: Array
    ambient_c: Array
    dt: Array

    @property
    def calm(self) -> Array:
        """(n,) the step as far as noise and reflexes go: a parked vehicle's long step is not a long jolt."""
        return self.dt.clip(0, 1)
