"""Writes detection.safetensors: made-up boxes and what pycocotools finds of them, for DetectionMetricsTest.

python3 detection.py (needs pycocotools, torch, safetensors). Boxes have whole corners, so that overlaps are the same in every order of
computing. SET/IMAGE/boxes, classes, crowd, areas are the objects, found, scores, found_classes the detections; SET/stats are
COCOeval's twelve figures, SET/per_class the average precision of each class, with -1 where there is none.
"""
import contextlib
import io
import random

import numpy as np
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from safetensors.torch import save_file

R = random.Random(19)
stored = {}


def box(side):
    x, y = R.randrange(400), R.randrange(400)
    return [x, y, x + 1 + R.randrange(side), y + 1 + R.randrange(side)]


def near(b, by):
    x1, y1, x2, y2 = [v + R.randint(-by, by) for v in b]
    return [x1, y1, max(x1 + 1, x2), max(y1 + 1, y2)]


def write(name, images, classes, objects, found, crowd, ties):
    truth, detections = [], []
    for image in range(images):
        gts, dts = [], []
        for _ in range(R.randint(0, objects)):
            b = box(R.choice([20, 80, 200]))
            c = R.randrange(classes - 1)  # of the last class there is none
            area = (b[2] - b[0]) * (b[3] - b[1])
            gts.append((b, c, R.random() < crowd, area if R.random() < .7 else area * 2 // 3))
            for _ in range(R.randint(0, 2)):
                dts.append((near(b, R.choice([0, 1, 4, 20])), c if R.random() < .9 else R.randrange(classes)))
        for _ in range(R.randint(0, found)):
            dts.append((box(R.choice([20, 80, 200])), R.randrange(classes)))
        R.shuffle(dts)
        scores = [R.randrange(ties) / ties for _ in dts]
        key = f"{name}/{image}/"
        stored[key + "boxes"] = torch.tensor([g[0] for g in gts], dtype=torch.float32).reshape(-1, 4)
        stored[key + "classes"] = torch.tensor([g[1] for g in gts], dtype=torch.int64)
        stored[key + "crowd"] = torch.tensor([g[2] for g in gts], dtype=torch.bool)
        stored[key + "areas"] = torch.tensor([g[3] for g in gts], dtype=torch.float32)
        stored[key + "found"] = torch.tensor([d[0] for d in dts], dtype=torch.float32).reshape(-1, 4)
        stored[key + "scores"] = torch.tensor(scores, dtype=torch.float32)
        stored[key + "found_classes"] = torch.tensor([d[1] for d in dts], dtype=torch.int64)
        wide = lambda b: [b[0], b[1], b[2] - b[0], b[3] - b[1]]
        for b, c, many, area in gts:
            truth.append({"id": len(truth) + 1, "image_id": image, "category_id": c, "bbox": wide(b), "area": area, "iscrowd": int(many)})
        for (b, c), score in zip(dts, scores):
            detections.append({"image_id": image, "category_id": c, "bbox": wide(b), "score": score})
    coco = COCO()
    coco.dataset = {"info": {}, "images": [{"id": i} for i in range(images)], "annotations": truth,
                    "categories": [{"id": c} for c in range(classes)]}
    with contextlib.redirect_stdout(io.StringIO()):
        coco.createIndex()
        evaluation = COCOeval(coco, coco.loadRes(detections), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    precision = evaluation.eval["precision"]
    each = [precision[:, :, c, 0, -1] for c in range(classes)]
    stored[name + "/stats"] = torch.tensor(evaluation.stats, dtype=torch.float64)
    stored[name + "/per_class"] = torch.tensor([p[p > -1].mean() if (p > -1).any() else -1 for p in each], dtype=torch.float64)
    print(name, np.round(evaluation.stats, 3), stored[name + "/per_class"])


write("usual", 8, 4, 7, 5, 0, 1024)
write("crowds", 6, 3, 8, 6, .3, 1024)
write("ties", 6, 3, 6, 10, .1, 4)
write("many", 2, 3, 12, 260, .1, 64)
save_file(stored, "detection.safetensors")
