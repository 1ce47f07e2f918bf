"""How large a thing of each class may be: what a check of an asset, ours or a user's, holds it against.

Least and most length, width, height [m] of the tight box with mirrors, handlebars and riders. Vehicles:
96/53/EC (width 2.55 m without mirrors, height 4.0 m, combinations to 18.75 m, 25.25 m in Nordic states),
168/2013/EU for two-wheelers, DIN EN 1789 for ambulances, DIN EN 1846 for fire engines, BOStrab section 34
for trams (2.65 m), DIN EN 1645 for caravans. People: ANSUR II (Gordon et al., 2014) with clothes and what
they carry, WHO growth standards for children, ISO 7176-5 for occupied wheelchairs (1.3 x 0.7 m). Animals:
a crow to a horse with its rider. A lorry may lie on its side. What stands still: from the smallest to the
largest that streets show.
"""

Range = tuple[float, float]

LIMITS: dict[str, tuple[Range, Range, Range]] = {
    "building": ((1.0, 80.0), (0.5, 80.0), (1.5, 80.0)),
    "wall": ((0.3, 40.0), (0.05, 3.0), (0.2, 6.0)),
    "fence": ((0.3, 40.0), (0.02, 3.0), (0.3, 6.0)),
    "vegetation": ((0.1, 30.0), (0.1, 30.0), (0.1, 35.0)),
    "pole": ((0.03, 6.0), (0.03, 6.0), (0.4, 14.0)),
    "traffic_sign": ((0.03, 3.0), (0.2, 6.0), (0.3, 8.0)),
    "traffic_light": ((0.1, 8.0), (0.1, 3.0), (0.5, 8.0)),
    "cone": ((0.15, 0.6), (0.15, 0.6), (0.3, 1.1)),
    "barrier": ((0.05, 6.0), (0.2, 6.0), (0.4, 4.0)),
    "other_object": ((0.05, 12.0), (0.05, 12.0), (0.003, 8.0)),
    "car": ((2.3, 5.9), (1.35, 2.40), (1.00, 2.20)),
    "taxi": ((3.8, 5.6), (1.60, 2.30), (1.35, 2.10)),
    "police_car": ((3.8, 6.2), (1.60, 2.30), (1.35, 2.80)),
    "van": ((3.8, 7.5), (1.55, 2.55), (1.60, 3.30)),
    "ambulance": ((4.8, 7.6), (1.80, 2.55), (2.10, 3.30)),
    "pickup": ((4.6, 6.9), (1.70, 2.50), (1.60, 2.30)),
    "truck": ((4.5, 25.25), (1.90, 4.10), (2.00, 4.30)),
    "trailer": ((1.8, 14.2), (1.20, 2.70), (0.70, 4.10)),
    "fire_engine": ((5.5, 12.5), (2.10, 2.90), (2.40, 4.10)),
    "bus": ((5.5, 25.0), (1.90, 3.00), (2.40, 4.50)),
    "tram": ((9.0, 56.0), (2.20, 2.90), (2.90, 4.20)),
    "construction_vehicle": ((1.2, 16.0), (0.80, 4.20), (1.20, 6.00)),
    "motorcycle": ((1.5, 2.7), (0.50, 1.20), (1.10, 2.10)),
    "bicycle": ((1.0, 3.0), (0.30, 1.20), (0.90, 2.20)),
    "escooter": ((0.8, 1.5), (0.35, 0.90), (1.10, 2.25)),
    "adult": ((0.18, 2.0), (0.30, 1.40), (0.20, 2.40)),
    "child": ((0.12, 1.7), (0.20, 1.00), (0.15, 1.75)),
    "worker": ((0.20, 2.0), (0.35, 1.40), (0.60, 2.60)),
    "police_officer": ((0.20, 1.2), (0.35, 1.90), (1.40, 2.20)),
    "person_sitting": ((0.40, 1.8), (0.30, 1.20), (0.60, 1.70)),
    "wheelchair_user": ((0.70, 1.45), (0.45, 0.95), (0.90, 1.60)),
    "animal": ((0.15, 3.2), (0.05, 1.30), (0.10, 2.80)),
    "debris": ((0.05, 5.0), (0.05, 4.0), (0.01, 3.00)),
}
