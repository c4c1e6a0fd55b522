"""What Ray Serve says of a pool's application, and what that means for requests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PoolState:
    """Replicas and doors of a pool, counted. Serve's own word for the whole is not used: to it an app of which one
    replica is lost, or not there yet, does not run, though the others answer."""

    doors: int  # processes at the front door that run
    up: int  # replicas that run
    coming: int  # replicas that start
    failed: str  # why it will never be up; "" when it may be

    @property
    def ready(self) -> bool:
        """Whether requests are answered."""
        return self.doors > 0 and self.up > 0


def read_state(app: Any) -> PoolState:
    """The state of a `ray.serve.schema.ApplicationStatusOverview`."""
    doors = up = coming = 0
    failed = ""
    for name, deployment in app.deployments.items():
        states = dict(deployment.replica_states)
        runs = states.pop("RUNNING", 0)
        starts = sum(count for state, count in states.items() if state not in ("STOPPING", "STOPPED"))
        if ":" in name:  # `<server class>:<model>`, beside the front door's
            up, coming = runs, starts
        else:
            doors = runs
        # Serve calls a deployment failed also when a replica dies before all of them have been up, but it has started
        # another by then. Once it has given up, nothing runs and nothing starts.
        if deployment.status == "DEPLOY_FAILED" and runs + starts == 0:
            failed = failed or deployment.message or app.message
    return PoolState(doors, up, coming, failed)
