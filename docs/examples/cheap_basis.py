import basis_stress as bs


class CheapBasis(bs.Strategy):
    """Hold the front month's basis while it pays ``enter_bp`` more than repo, until it pays nothing."""

    enter_bp: float = 10.0

    @bs.compiled
    def decide(terms, fund, pairs, target):
        for p in range(len(pairs)):
            pays = bs.rules.worth_holding(pairs[p].face > 0, bs.rules.carry(pairs[p]), terms.enter_bp / 1e4, 0.0)
            wanted = terms.leverage * fund.equity if pays and pairs[p].front else 0.0
            if pairs[p].tradable:
                target[p] = bs.rules.unless_close(pairs[p].face, 100 * wanted / pairs[p].dirty, 0.05)
