"""The kernel provisioner `warm-fork`: starts a kernel where Jupyter asks for one."""

from __future__ import annotations

from jupyter_client.provisioning import LocalProvisioner


class WarmProvisioner(LocalProvisioner):
    """A kernel on this machine."""
