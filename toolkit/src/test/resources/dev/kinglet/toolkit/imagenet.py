"""Writes imagenet-1k.txt: a name for each class of ILSVRC-2012, in the order of the outputs of networks trained on it.

    python imagenet.py FOLDER OUT

FOLDER has imagenet_synsets.txt, the synsets of the classes in the order of their WordNet numbers, which is that of the
outputs, and imagenet_synset_to_lemma.txt, the words of each synset in WordNet 3.0; timm has both in timm/data/_info. A class
is called by the first word of its synset. Two words are the first of two classes each; the one of each pair that torchvision
calls differently is called so.
"""

import pathlib
import sys

DISTINCT = {"n02012849": "crane bird", "n03710721": "maillot tank suit"}

folder, out = map(pathlib.Path, sys.argv[1:])
synsets = (folder / "imagenet_synsets.txt").read_text().split()
words = dict(line.split("\t", 1) for line in (folder / "imagenet_synset_to_lemma.txt").read_text().splitlines())
names = [DISTINCT.get(synset, words[synset].split(",")[0]) for synset in synsets]
assert len(names) == len(set(names)) == 1000 and synsets == sorted(synsets)
out.write_text("\n".join(names) + "\n")
