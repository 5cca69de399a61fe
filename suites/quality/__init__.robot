*** Settings ***
Documentation       Whether what Theodore says of companies is consistent, complete, accurate, fresh, from pages that it read,
...                 and not made up: each verdict with the number of values that it rests on and the interval at 95 %.
Metadata            Lane    functional

Test Tags           lane:functional    system:theodore    area:data-quality    check:data-quality    control:SOC2-PI1.3
