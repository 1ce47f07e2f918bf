"""Plan, ledger, storage, engines: scenarios in, a dataset out, resumable at any time.

build.build(Request(("scene.yaml",), variants=20), Path("out"), workers=2)  a folder in KITTI's layout
for shot in iterate.shots("scene.yaml"): ...                                the same frames, in memory
list(verify.verify(Path("out")))                                            is every byte as the ledger says?
"""
