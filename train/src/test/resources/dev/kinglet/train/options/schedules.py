"""Records schedules.json: learning rates of PyTorch's and timm's schedulers, 3 epochs of 10 steps. Needs torch and timm."""

import json
import pathlib

import torch
from timm.scheduler import CosineLRScheduler, PolyLRScheduler, StepLRScheduler

STEPS = 30
PER_EPOCH = 10


def optimizer(rate=0.4):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


def by_step(scheduler, opt):
    rates = []
    for step in range(STEPS):
        rates.append(opt.param_groups[0]["lr"])
        scheduler.step_update(step + 1)
    return rates


def by_epoch(scheduler, opt):
    rates = []
    for epoch in range(STEPS // PER_EPOCH):
        rates += [opt.param_groups[0]["lr"]] * PER_EPOCH
        scheduler.step(epoch + 1)
    return rates


record = {}
opt = optimizer()
record["cosine"] = by_step(
    CosineLRScheduler(opt, t_initial=STEPS - 5, lr_min=0.01, warmup_t=5, warmup_lr_init=0.1, warmup_prefix=True, t_in_epochs=False),
    opt,
)
opt = optimizer()
record["poly"] = by_step(
    PolyLRScheduler(opt, t_initial=STEPS - 5, power=0.9, lr_min=0.01, warmup_t=5, warmup_lr_init=0.1, warmup_prefix=True, t_in_epochs=False),
    opt,
)
opt = optimizer()
record["step"] = by_step(StepLRScheduler(opt, decay_t=12, decay_rate=0.3, warmup_t=5, warmup_lr_init=0.1, t_in_epochs=False, warmup_prefix=False), opt)
opt = optimizer()
record["cosine by epoch"] = by_epoch(
    CosineLRScheduler(opt, t_initial=2, lr_min=0.01, warmup_t=1, warmup_lr_init=0.1, warmup_prefix=True, t_in_epochs=True), opt
)


def of_torch(scheduler, opt):
    rates = []
    for _ in range(STEPS):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
        scheduler.step()
    return rates


opt = optimizer()
record["multistep"] = of_torch(torch.optim.lr_scheduler.MultiStepLR(opt, [10, 25], gamma=0.2), opt)
opt = optimizer()
record["onecycle"] = []
cycle = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=0.4, total_steps=STEPS)
for step in range(STEPS):
    record["onecycle"].append(opt.param_groups[0]["lr"])
    opt.step()
    if step < STEPS - 1:
        cycle.step()
opt = optimizer()
record["constant"] = of_torch(torch.optim.lr_scheduler.LambdaLR(opt, lambda step: 1), opt)

opt = optimizer()
plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(opt, mode="max", factor=0.3, patience=2, threshold=1e-4, min_lr=0.02)
record["plateau top1"] = [10, 20, 20, 20.001, 20, 20, 25, 25, 25, 25, 25, 25, 25, 25, 25]
record["plateau"] = []
for top1 in record["plateau top1"]:
    plateau.step(top1)
    record["plateau"].append(opt.param_groups[0]["lr"])

pathlib.Path(__file__).with_name("schedules.json").write_text(json.dumps(record, indent=1) + "\n")
