"""The forms that there are."""

from enum import StrEnum

from control.reports.forms import mediascout, neutral, ozon, vk, yandex


class FormName(StrEnum):
    """The forms by the names that the API has for them."""

    NEUTRAL = "neutral"
    VK = "vk"
    YANDEX = "yandex"
    MEDIASCOUT = "mediascout"
    OZON = "ozon"


FORMS = {FormName(module.FORM.name): module.FORM for module in (neutral, vk, yandex, mediascout, ozon)}
