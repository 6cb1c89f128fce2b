/* The single-book timeline in C, and the market of funds: the days of engine/day.py for funds that meet every call,
   until one cannot.

   Same rows in, same money out; the ledger, the waterfall and the attribution are kept line by line. Left out are
   the event log, what happens after a default (a fund that fails stops there, and its outcome says so), notes sold
   short, swaps at a second house, deliveries, redemptions and a strategy's daily decisions.
   Money is USD, prices per 100 face, rates decimal per year, as in engine/rows.py; benchmarks/c_twin.py lays the
   structs out and compiles this file.

   With -DLANES=8 a Num is eight books side by side, one vector of the processor: an instruction does a step of eight
   books. Where books part, a Mask tells which of them a step is for. With one lane a Num is a double. */

#include <math.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#ifndef LANES
#define LANES 1
#endif
#if LANES == 1
typedef double Num;
typedef int64_t Int, Mask;
#define NOT(mask) (!(mask))
static inline int any(Mask m) { return m != 0; }
static inline Num pick(Mask m, Num a, Num b) { return m ? a : b; }
#else
typedef double Num __attribute__((vector_size(8 * LANES)));
typedef int64_t Int __attribute__((vector_size(8 * LANES)));
typedef Int Mask;
#define NOT(mask) (~(mask))
static inline int any(Mask m) {
#ifdef __AVX512F__
    if (LANES == 8) return _mm512_test_epi64_mask((__m512i)m, (__m512i)m) != 0;
#endif
    int64_t found = 0;
    for (int lane = 0; lane < LANES; lane++) found |= m[lane];
    return found != 0;
}
static inline Num pick(Mask m, Num a, Num b) { return (Num)((m & (Int)a) | (~m & (Int)b)); }
#endif
#define ZERO ((Num){0})
#define WORDS(kind) ((int64_t)(sizeof(kind) / sizeof(Num)))

enum { MOST_POSITIONS = 16, MOST_CONTRACTS = 16 };
enum { VARIATION_MARGIN, INITIAL_MARGIN, REPO_REMARGIN, HAIRCUT, REPO_NOT_ROLLED, COUPON, REPO_INTEREST, CASH_INTEREST,
       SALES, CREDIT_LINE, CAPITAL, ESTATE, OTHER_LOSS_PAID, CASH_LINES };
enum { COUPON_ACCRUAL, REPO_COST, INTEREST_EARNED, CURVE, BASIS_CONVERGENCE, DISLOCATION, SWAP_SPREAD, COST,
       DEFAULT_LOSS, CAPITAL_PAID, OTHER_LOSS, FINANCING_HEDGE, GAIN_LINES };
enum { REPO_LENDER, CLEARING_MEMBER, CLEARING_HOUSE, SWAP_HOUSE, DEALERS, CENTRAL_BANK, TREASURY, OUTSIDE_INVESTORS,
       CASH_BANK, CREDIT_BANK, OTHER_MARKETS, PARTIES };
enum { HOLD, MEET_CALLS, TARGET_LEVERAGE, STOP_OUT, VALUE_AT_RISK };
enum { FUND_COLUMNS = 11, POSITION_COLUMNS = 10, DEALER_COLUMNS = 6 };

typedef struct { int64_t first_mark, last_mark, cycle_mark, pay_mark; double repo_rate, cash_rate, not_rolled; } Day;
typedef struct { double clean, accrued, coupon_due, convergence; } Note;
typedef struct { double price, dislocation, policy_gain; } Quote;
typedef struct { double initial_margin, announced_margin, haircut_rise; } Terms; /* after the day's changes */
typedef struct {
    double point_value, depth, bond_cost, futures_cost, impact, balance_sheet_share, balance_sheet_years;
} Contract;

typedef struct {
    Num entry_equity, credit_line, credit_spread, leverage_target, leverage_limit, drawdown_limit, stop_cut, stop_speed,
        risk_limit, risk_speed, calm_volatility, depth_share, call_back, feedback, financing_hedge;
    Int unwind;
} FundTerms;

typedef struct {
    Int contract, bond, term_maturity; /* books side by side hold the same notes in the same contracts */
    Num face, contracts, base_haircut, term_share, repo_threshold, repo_spread, term_rate;
} PositionTerms;

typedef struct {
    int64_t days, positions, contract_count, notes;
    const Day *day;             /* [days] */
    const int64_t *value_date;  /* [marks] */
    const double *other_loss;   /* [marks] other losses of the fund just before the mark */
    const double *sales;        /* [marks] what outsiders sell to dealers just before the mark */
    const double *purchases;    /* [marks] what the central bank buys from them */
    const Note *note;           /* [marks, notes] */
    const Quote *quote;         /* [marks, contracts] */
    const Terms *terms;         /* [days, contracts] */
    const Contract *contract;   /* [contracts] */
} Market;

typedef struct {
    Num equity, cash, lowest_cash, calls_paid, largest_call, sold, calls, defaulted;
    Num cash_lines[CASH_LINES], attribution[GAIN_LINES], parties[PARTIES];
} Outcome;

typedef struct {
    PositionTerms terms;
    Num face, contracts, haircut, term_share, overnight, overnight_interest, overnight_rate, term, term_interest,
        financed_haircut, unmet, called, coupon_receivable, unsettled, unsettled_face, margin_posted, variation_open,
        variation_due, clean, undislocated, accrued, futures, order;
    Mask waiting;
    double financed_roll;
    int64_t contract, bond;
} Position;

typedef struct { Mask variation, initial, release; } Pending; /* what clearing will pay or collect */

typedef struct {
    Num inventory, pending, placement_rate, slope, capacity_multiple, capacity, ceiling, balance_sheet_spread,
        volatility, memory, outside_sales, purchases, fund_sales;
} Dealers;

/* What all funds of a run face alike; dealers without a slope charge nothing. */
typedef struct {
    Dealers dealers;
    Num discount[MOST_CONTRACTS]; /* basis points of price, by contract */
    double repo_rate, repo_rate_before;
    int64_t value_date;
} Shared;

typedef struct {
    FundTerms terms;
    Num cash, credit_drawn, other_loss, entry_leverage, peak_equity, to_cut;
    Pending today, tomorrow; /* due at 14:00, and at 09:00 of the next business day */
    Mask repo_call, shortfall_call, stopped, defaulted;
    Position positions[MOST_POSITIONS];
    Outcome out;
    const Market *market;
    Shared *shared;
    double not_rolled, cash_rate;
    int64_t value_date, interest_from, terms_day;
    Num *lines, *gains;         /* where today's lines are added up */
    int64_t line_row, gain_row; /* 0: all rows of a fund in one */
    double *rows;               /* where the outcomes of so many lanes go */
    int64_t lanes;
} Book;

static inline Num most(Num a, Num b) { return pick(a > b, a, b); }
static inline Num least(Num a, Num b) { return pick(a < b, a, b); }
static inline Num size_of(Num a) { return most(a, -a); }
static inline Num when(Mask m, Num a) { return pick(m, a, ZERO); }

static inline Num each(double (*function)(double), Num of) {
    double values[LANES];
    memcpy(values, &of, sizeof values);
    for (int lane = 0; lane < LANES; lane++) values[lane] = function(values[lane]);
    memcpy(&of, values, sizeof values);
    return of;
}

static inline Num cents(Num amount) { return each(ceil, most(amount, ZERO) * 100.0) / 100.0; }

/* The ledger */

static inline void transfer(Book *b, int64_t row, int line, int party, Num amount) {
    b->cash += amount;
    b->out.parties[party] -= amount;
    b->lines[row * b->line_row + line] += amount;
}

static inline void attribute(Book *b, int64_t row, int line, Num amount) {
    b->gains[row * b->gain_row + line] += amount;
}

static inline const Contract *contract_of(const Book *b, const Position *p) {
    return &b->market->contract[p->contract];
}

static inline const Terms *terms_of(const Book *b, const Position *p) {
    return &b->market->terms[b->terms_day * b->market->contract_count + p->contract];
}

static inline Num market_value(const Position *p) { return p->face * (p->clean + p->accrued) / 100.0; }

static inline Num repo_owed(const Position *p) {
    return p->overnight + p->overnight_interest + p->term + p->term_interest;
}

/* The positions of a book; and with their rows, to change them. */
#define EACH(b, p) for (const Position *p = (b)->positions; p < (b)->positions + (b)->market->positions; p++)

#define EACH_ROW(b, i, p) \
    for (int64_t i = 0; i < (b)->market->positions; i++) for (Position *p = &(b)->positions[i]; p; p = NULL)

static Num equity(const Book *b) {
    Num total = b->cash - b->credit_drawn - b->other_loss;
    EACH(b, p) {
        Num assets = market_value(p) + p->coupon_receivable + p->unsettled;
        Num clearing = p->margin_posted + p->variation_open + p->variation_due;
        total += assets - repo_owed(p) + clearing;
    }
    return total;
}

static Num book_value(const Book *b) {
    Num total = ZERO;
    EACH(b, p) total += market_value(p);
    return total;
}

static inline Num margin_excess(const Book *b, const Position *p) {
    return p->margin_posted - size_of(p->contracts) * terms_of(b, p)->initial_margin;
}

static inline void note_lowest_cash(Book *b) { b->out.lowest_cash = least(b->out.lowest_cash, b->cash); }

/* Write the outcomes of some books as they stand. */
static void conclude(Book *b, Mask those) {
    b->out.equity = equity(b);
    b->out.cash = b->cash;
    b->out.defaulted = when(b->defaulted, ZERO + 1.0);
    for (int64_t lane = 0; lane < b->lanes; lane++)
        for (int64_t w = 0; ((int64_t *)&those)[lane] && w < WORDS(Outcome); w++)
            b->rows[lane * WORDS(Outcome) + w] = ((double *)&b->out)[w * LANES + lane];
}

/* Books that cannot pay stop here: what happens to their lanes from now on is read by nobody. */
static int fails(Book *b, Mask those) {
    those &= NOT(b->defaulted);
    if (any(those)) {
        b->defaulted |= those;
        conclude(b, those);
    }
    return !any(NOT(b->defaulted));
}

/* Repo */

static inline Num lendable(const Position *p, Num haircut, double not_rolled) {
    return (1.0 - haircut) * market_value(p) * (1.0 - p->term_share) * (1.0 - not_rolled);
}

static inline Num sold_share(const Position *p) {
    Num financed = p->face + p->unsettled_face;
    return when(financed > 0.0, p->unsettled_face / financed);
}

static inline Num term_surplus(const Position *p) {
    Num value = (1.0 - p->haircut) * market_value(p) * p->term_share;
    return value - (1.0 - sold_share(p)) * (p->term + p->term_interest);
}

static inline Num roll_flow(const Position *p, double not_rolled) {
    Num sold = sold_share(p);
    Num repaid = p->overnight + p->overnight_interest + sold * (p->term + p->term_interest);
    return p->unsettled - repaid + lendable(p, p->haircut, not_rolled);
}

static void open_day(Book *b) {
    double years = (double)(b->value_date - b->interest_from) / 360.0;
    int64_t count = b->market->positions;
    Num earning = b->cash;
    b->interest_from = b->value_date;
    EACH(b, p) earning += p->margin_posted;
    Num interest = earning * b->cash_rate * years;
    interest -= b->credit_drawn * (b->cash_rate + b->terms.credit_spread) * years;
    transfer(b, count, CASH_INTEREST, CASH_BANK, interest);
    attribute(b, count, INTEREST_EARNED, interest);
    if (any(b->cash < 0.0)) {
        Num overdraft = when(b->cash < 0.0, -b->cash);
        b->credit_drawn += overdraft;
        transfer(b, count, CREDIT_LINE, CREDIT_BANK, overdraft);
    }
    EACH_ROW(b, i, p) {
        if (any(p->coupon_receivable != 0.0)) transfer(b, i, COUPON, TREASURY, p->coupon_receivable);
        p->coupon_receivable = ZERO;
    }
    note_lowest_cash(b);
}

static void roll_position(Book *b, int64_t i, Num kept, double repo_rate) {
    Position *p = &b->positions[i];
    Num sold = sold_share(p);
    Num before_haircut = lendable(p, p->financed_haircut, p->financed_roll);
    Num before_roll = lendable(p, p->haircut, p->financed_roll);
    Num target = lendable(p, p->haircut, b->not_rolled);
    Num remargin = before_haircut - p->overnight * (1.0 - sold) + kept;
    Num sales = p->unsettled - sold * (p->overnight + p->term);
    Num interest = p->overnight_interest + sold * p->term_interest;
    transfer(b, i, SALES, DEALERS, p->unsettled);
    transfer(b, i, SALES, REPO_LENDER, sales - p->unsettled);
    transfer(b, i, REPO_INTEREST, REPO_LENDER, -interest);
    transfer(b, i, HAIRCUT, REPO_LENDER, before_roll - before_haircut);
    transfer(b, i, REPO_NOT_ROLLED, REPO_LENDER, target - before_roll);
    transfer(b, i, REPO_REMARGIN, REPO_LENDER, remargin);
    p->overnight = target + kept;
    p->overnight_interest = ZERO;
    p->overnight_rate = repo_rate + p->terms.repo_spread;
    p->term *= 1.0 - sold;
    p->term_interest *= 1.0 - sold;
    p->unsettled = p->unsettled_face = ZERO;
    p->unmet = kept;
    p->financed_haircut = p->haircut;
    p->financed_roll = b->not_rolled;
}

static inline void mature_term(Position *p, Mask matured) {
    p->overnight += when(matured, p->term);
    p->overnight_interest += when(matured, p->term_interest);
    p->term = pick(matured, ZERO, p->term);
    p->term_interest = pick(matured, ZERO, p->term_interest);
    p->term_share = pick(matured, ZERO, p->term_share);
    p->called = pick(matured, ZERO, p->called);
}

static void roll(Book *b, const Day *day) {
    int64_t count = b->market->positions;
    Num net = ZERO, outflow = ZERO, variation = ZERO, excess = ZERO, flows[MOST_POSITIONS];
    b->cash_rate = day->cash_rate;
    EACH_ROW(b, i, p) {
        Mask matured = (p->term_share > 0.0) & (b->value_date >= p->terms.term_maturity);
        if (any(matured)) mature_term(p, matured);
        flows[i] = roll_flow(p, b->not_rolled);
        net += flows[i];
        outflow += most(-flows[i], ZERO);
        variation += p->variation_due;
        excess += margin_excess(b, p);
    }
    Num clearing_due = most(-variation, ZERO) + most(-excess, ZERO);
    Num shortfall = least(most(clearing_due - b->cash - net, ZERO), outflow);
    Mask is_short = shortfall > 0.0;
    if (any(is_short)) shortfall = cents(shortfall);
    for (int64_t i = 0; i < count; i++) {
        Num kept = any(is_short) ? when(is_short, shortfall * most(-flows[i], ZERO) / outflow) : ZERO;
        roll_position(b, i, kept, day->repo_rate);
    }
    note_lowest_cash(b);
}

/* Calls */

/* Raise cash for the books that need it; those that have it in the end. */
static Mask raise_cash(Book *b, Mask those, Num amount) {
    Mask lack = those & (b->cash < amount);
    if (any(lack)) {
        Num drawn = least(cents(amount - b->cash), b->terms.credit_line - b->credit_drawn);
        drawn = when(lack & (drawn > 0.0), drawn);
        b->credit_drawn += drawn;
        transfer(b, b->market->positions, CREDIT_LINE, CREDIT_BANK, drawn);
    }
    for (int64_t i = 0; i < b->market->positions && any(lack = those & (b->cash < amount)); i++) {
        Position *p = &b->positions[i];
        Num returned = least(cents(amount - b->cash), b->terms.call_back * most(term_surplus(p), ZERO));
        returned = when(lack & (p->term_share > 0.0) & (returned > 0.0), returned);
        p->term += returned;
        transfer(b, i, REPO_REMARGIN, REPO_LENDER, returned);
    }
    return b->cash >= amount;
}

/* Some books meet a call, or fail; whether any book is left. */
static int meet_call(Book *b, Mask those, Num amount) {
    b->out.calls += when(those, ZERO + 1.0);
    b->out.largest_call = pick(those, most(b->out.largest_call, amount), b->out.largest_call);
    Mask failed = those & NOT(raise_cash(b, those, amount));
    b->out.calls_paid += when(those & NOT(failed), amount);
    return !any(failed) || !fails(b, failed);
}

static void settle_variation(Book *b, Mask those) {
    Num net = ZERO;
    EACH(b, p) net += p->variation_due;
    Mask owe = those & (net < 0.0);
    if (any(owe) && !meet_call(b, owe, -net)) return;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Num paid = when(those, b->positions[i].variation_due);
        transfer(b, i, VARIATION_MARGIN, CLEARING_HOUSE, paid);
        b->positions[i].variation_due -= paid;
    }
    note_lowest_cash(b);
}

static void settle_initial(Book *b, Mask those, int is_release) {
    Num net = ZERO;
    EACH(b, p) net += margin_excess(b, p);
    Mask owe = those & (net < 0.0);
    if (is_release) those &= NOT(owe);
    else if (any(owe) && !meet_call(b, owe, -net)) return;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Num excess = when(those, margin_excess(b, &b->positions[i]));
        transfer(b, i, INITIAL_MARGIN, CLEARING_HOUSE, excess);
        b->positions[i].margin_posted -= excess;
    }
    note_lowest_cash(b);
}

static inline int is_over(const Book *b) { return !any(NOT(b->defaulted)); }

static void pay_clearing(Book *b, Pending *due) {
    if (any(due->release)) settle_initial(b, due->release, 1);
    if (any(due->variation)) settle_variation(b, due->variation);
    if (any(due->initial) && !is_over(b)) settle_initial(b, due->initial, 0);
    *due = (Pending){0};
}

static Num pay_unmet(Book *b, Num share) {
    Num paid = ZERO;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Num amount = share * b->positions[i].unmet;
        b->positions[i].overnight -= amount;
        b->positions[i].unmet -= amount;
        transfer(b, i, REPO_REMARGIN, REPO_LENDER, -amount);
        paid += amount;
    }
    return paid;
}

/* Pay what the morning's roll left owed as far as cash goes; the books to which a call for the rest is raised. */
static Mask present_shortfalls(Book *b) {
    Num owed = ZERO;
    EACH(b, p) owed += p->unmet;
    Mask those = owed > 0.0;
    if (!any(those)) return those;
    Mask raised = raise_cash(b, those, owed);
    Num share = pick(raised, ZERO + 1.0, (1.0 - 1e-14) * b->cash / owed);
    Num left = owed - pay_unmet(b, when(those, share));
    note_lowest_cash(b);
    return those & (left > 0.0) & NOT(b->shortfall_call);
}

static void settle_repo_call(Book *b, Mask overdue) {
    Num owed = ZERO;
    EACH(b, p) owed += p->called + when(overdue, p->unmet);
    Mask those = owed > 0.0;
    if (!any(those) || !meet_call(b, those, owed)) return;
    EACH_ROW(b, i, p) {
        Num called = when(those, p->called);
        p->term -= called;
        transfer(b, i, REPO_REMARGIN, REPO_LENDER, -called);
        p->called -= called;
    }
    pay_unmet(b, when(overdue & those, ZERO + 1.0));
    note_lowest_cash(b);
}

/* Pay the other losses of the day before. */
static void settle_other_loss(Book *b) {
    Mask those = b->other_loss > 0.0;
    if (!any(those) || !meet_call(b, those, b->other_loss)) return;
    transfer(b, b->market->positions, OTHER_LOSS_PAID, OTHER_MARKETS, -when(those, b->other_loss));
    b->other_loss = ZERO;
    note_lowest_cash(b);
}

/* Marks and clearing */

static void mark(Book *b, int64_t m) {
    const Market *market = b->market;
    int64_t days = market->value_date[m] - b->value_date;
    b->value_date = market->value_date[m];
    EACH_ROW(b, i, p) {
        const Note *note = &market->note[m * market->notes + p->bond];
        const Quote *quote = &market->quote[m * market->contract_count + p->contract];
        Num hedge = b->terms.financing_hedge * p->overnight * quote->policy_gain;
        p->variation_open += hedge;
        attribute(b, i, FINANCING_HEDGE, hedge);
        Num overnight = p->overnight * p->overnight_rate * (double)days / 360.0;
        Num term = p->term * p->terms.term_rate * (double)days / 360.0;
        p->overnight_interest += overnight;
        p->term_interest += term;
        attribute(b, i, REPO_COST, -overnight - term);
        Num due = days > 0 ? p->face * note->coupon_due / 100.0 : ZERO;
        attribute(b, i, COUPON_ACCRUAL, p->face * (note->accrued - p->accrued) / 100.0 + due);
        p->coupon_receivable += due;
        p->accrued = ZERO + note->accrued;
        Num gain = p->contracts * contract_of(b, p)->point_value * (quote->price - p->futures);
        p->variation_open += gain;
        Num dislocation = quote->dislocation + b->shared->discount[p->contract];
        Num clean = note->clean * (1.0 - dislocation / 1e4);
        Num fair = p->face * (note->clean - p->undislocated) / 100.0;
        Num total = p->face * (clean - p->clean) / 100.0;
        Num convergence = p->face * note->convergence / 100.0;
        attribute(b, i, DISLOCATION, total - fair);
        attribute(b, i, BASIS_CONVERGENCE, -convergence);
        attribute(b, i, CURVE, fair + gain + convergence);
        p->clean = clean;
        p->undislocated = ZERO + note->clean;
        p->futures = ZERO + quote->price;
    }
    Num net_worth = equity(b);
    b->peak_equity = most(b->peak_equity, net_worth);
    if (any(net_worth <= 0.0)) fails(b, net_worth <= 0.0);
}

static void clear(Book *b, Pending *due) {
    Num net = ZERO, excess = ZERO;
    EACH_ROW(b, i, p) {
        p->variation_due += p->variation_open;
        p->variation_open = ZERO;
        net += p->variation_due;
        excess += margin_excess(b, p);
    }
    due->variation |= net != 0.0;
    due->release |= excess > 0.0;
    due->initial |= excess < 0.0;
}

static void mark_term_loans(Book *b) {
    EACH_ROW(b, i, p) {
        Num deficit = -term_surplus(p);
        Num threshold = p->terms.repo_threshold * market_value(p) * p->term_share;
        p->called = when((p->term_share > 0.0) & (deficit > threshold + 0.01), deficit);
        b->repo_call |= p->called > 0.0;
    }
}

/* Limits, orders and sales */

static inline Num margin_asked(const Book *b, const Position *p) {
    const Terms *t = terms_of(b, p);
    double asked = t->announced_margin > t->initial_margin ? t->announced_margin : t->initial_margin;
    return size_of(p->contracts) * asked;
}

static inline Num slice_limit(const Book *b, const Position *p, Num face) {
    double depth = contract_of(b, p)->depth;
    return depth > 0.0 ? least(face, depth * b->terms.depth_share) : face;
}

static void sell_slice(Book *b, int64_t i, Mask those) {
    Position *p = &b->positions[i];
    const Contract *c = contract_of(b, p);
    Num face = slice_limit(b, p, least(p->order, p->face));
    p->waiting &= NOT(those);
    those &= face > 0.0;
    if (!any(those)) return;
    face = when(those, face);
    Num impact = c->impact * face / 1e9, share = when(those, face / p->face);
    Num price = p->clean * (1.0 - (c->bond_cost + impact) / 1e4);
    Num closed = p->contracts * share;
    Num slippage = size_of(closed) * c->point_value * p->futures * (c->futures_cost + impact) / 1e4;
    attribute(b, i, COST, face * (price - p->clean) / 100.0 - slippage);
    p->variation_open -= slippage;
    p->contracts -= closed;
    p->called -= p->called * share;
    p->unsettled += face * (price + p->accrued) / 100.0;
    p->unsettled_face += face;
    p->face -= face;
    b->shared->dealers.pending += b->terms.feedback * (face * (price + p->accrued) / 100.0);
    b->shared->dealers.fund_sales += face * (price + p->accrued) / 100.0;
    b->out.sold += face;
    b->tomorrow.release |= those;
    p->order -= face;
    p->waiting |= those & (p->order > 0.0) & (p->face > 0.0);
}

static Num spare_liquidity(const Book *b) {
    Num spare = b->cash + b->terms.credit_line - b->credit_drawn - b->other_loss;
    EACH(b, p) {
        Num sold = sold_share(p), returned = b->terms.call_back * most(term_surplus(p), ZERO);
        Num owed = p->overnight + p->overnight_interest + sold * (p->term + p->term_interest);
        Num term = pick((p->term_share > 0.0) & (p->called == 0.0), returned, -p->called);
        Num clearing = p->variation_due + p->variation_open + p->margin_posted - margin_asked(b, p);
        spare += clearing + (p->unsettled - owed + lendable(p, p->haircut, b->not_rolled) + term);
        spare += p->coupon_receivable;
    }
    return spare;
}

static Num cash_order(const Book *b, Num gap, Num book) {
    Num freed = ZERO;
    EACH(b, p) {
        const Contract *c = contract_of(b, p);
        Num impact = c->impact * slice_limit(b, p, p->face) / 1e9;
        Num financed = (1.0 - p->haircut) * (1.0 - b->not_rolled * (1.0 - p->term_share));
        freed += (1.0 - financed - (c->bond_cost + impact) / 1e4) * market_value(p);
        freed += margin_asked(b, p);
    }
    return pick(freed <= gap, book, gap * book / freed);
}

/* A share of what is left of the cut, from the day the drawdown limit is passed. */
static Num stop_order(Book *b, Mask those, Num book, Num drawdown) {
    Mask passes = those & (drawdown > b->terms.drawdown_limit) & NOT(b->stopped);
    b->stopped |= passes;
    b->to_cut = pick(passes, b->terms.stop_cut * book, b->to_cut);
    Num order = when(those, b->terms.stop_speed * b->to_cut);
    b->to_cut -= order;
    return order;
}

static Num risk_order(const Book *b, Num net_worth, Num book) {
    Num calm = b->terms.calm_volatility * b->terms.calm_volatility;
    Num wild = each(sqrt, (calm + b->shared->dealers.volatility) / calm);
    Num risk = book / net_worth / b->entry_leverage * wild;
    Mask those = (b->terms.calm_volatility > 0.0) & (risk > b->terms.risk_limit);
    return when(those, b->terms.risk_speed * book * (1.0 - b->terms.risk_limit / risk));
}

static Num decide(Book *b, Num spare, Num book) {
    Num net_worth = equity(b), order = ZERO;
    Int unwind = b->terms.unwind;
    if (any(spare < 0.0)) order = when(spare < 0.0, cash_order(b, 0.01 - spare, book));
    Mask levered = (unwind == TARGET_LEVERAGE) & (book > b->terms.leverage_limit * net_worth);
    order = pick(levered, most(order, book - b->terms.leverage_target * net_worth), order);
    Mask stops = unwind == STOP_OUT, at_risk = unwind == VALUE_AT_RISK;
    if (any(stops)) order = most(order, stop_order(b, stops, book, 1.0 - net_worth / b->peak_equity));
    if (any(at_risk)) order = pick(at_risk, most(order, risk_order(b, net_worth, book)), order);
    return order;
}

static void check_limits(Book *b) {
    Num spare = spare_liquidity(b);
    Num free_cash = spare - (b->terms.credit_line - b->credit_drawn);
    Num repaid = least(least(b->credit_drawn, b->cash), free_cash);
    if (any(repaid > 0.0)) {
        repaid = when(repaid > 0.0, repaid);
        b->credit_drawn -= repaid;
        transfer(b, b->market->positions, CREDIT_LINE, CREDIT_BANK, -repaid);
    }
    note_lowest_cash(b);
    Mask those = b->terms.unwind != HOLD;
    if (!any(those)) return;
    Num book = book_value(b), order = decide(b, spare, book);
    those &= (order > 0.0) & (book > 0.0);
    if (!any(those)) return;
    Num share = when(those, least(order / book, ZERO + 1.0));
    EACH_ROW(b, i, p) {
        Mask larger = share * p->face > p->order;
        p->order = pick(larger, share * p->face, p->order);
        if (any(larger & NOT(p->waiting))) sell_slice(b, i, larger & NOT(p->waiting));
    }
}

/* The day, and the run */

static void sell_waiting(Book *b) {
    for (int64_t i = 0; i < b->market->positions; i++)
        if (any(b->positions[i].waiting)) sell_slice(b, i, b->positions[i].waiting);
}

static void change_haircuts(Book *b) {
    for (Position *p = b->positions; p < b->positions + b->market->positions; p++)
        p->haircut = p->terms.base_haircut + terms_of(b, p)->haircut_rise;
}

/* 08:30 open, haircuts, roll; 09:00 clearing, then calls. */
static void open_book(Book *b, int64_t d) {
    const Day *day = &b->market->day[d];
    b->not_rolled = day->not_rolled;
    open_day(b);
    b->terms_day = d;
    change_haircuts(b);
    b->terms_day = d - 1; /* margins change at settlement */
    roll(b, day);
    pay_clearing(b, &b->tomorrow);
    if (is_over(b)) return;
    Mask called_today = b->repo_call, overdue = b->shortfall_call, raised = present_shortfalls(b);
    if (any(called_today | overdue)) settle_repo_call(b, overdue);
    if (!is_over(b)) settle_other_loss(b);
    b->repo_call = (Mask){0};
    b->shortfall_call = raised;
}

/* What happens before a mark, and the mark; orders that waited sell a slice, on the last after settlement. */
static void meet_mark(Book *b, const Day *day, int64_t m) {
    double lost = b->market->other_loss[m];
    if (lost != 0.0) {
        b->other_loss += lost;
        attribute(b, b->market->positions, OTHER_LOSS, ZERO - lost);
    }
    if (m == day->cycle_mark) clear(b, &b->today);
    if (m == day->pay_mark) pay_clearing(b, &b->today);
    if (is_over(b)) return;
    mark(b, m);
    if (m < day->last_mark && !is_over(b)) sell_waiting(b);
}

/* 15:00 settlement, term repo; 15:30 limits. The last mark of a day stands at settlement. */
static void close_book(Book *b, int64_t d) {
    b->terms_day = d;
    clear(b, &b->tomorrow);
    mark_term_loans(b);
    sell_waiting(b);
    check_limits(b);
}

/* Once a day dealers place part of what they hold, and take on what was sold to them: the price of their balance sheet
   changes. */
static void take_inventory(Dealers *dealers) {
    dealers->inventory = most(ZERO, (1.0 - dealers->placement_rate) * dealers->inventory + dealers->pending);
    dealers->pending = ZERO;
    Num beyond = most(ZERO, dealers->inventory - dealers->capacity);
    Num asked = dealers->slope * (dealers->inventory + (dealers->capacity_multiple - 1.0) * beyond) / 1e9;
    if (any(dealers->ceiling > 0.0))
        asked = pick(dealers->ceiling > 0.0, dealers->ceiling * (1.0 - each(exp, -asked / dealers->ceiling)), asked);
    Num rise = most(asked - dealers->balance_sheet_spread, ZERO);
    dealers->volatility = dealers->memory * dealers->volatility + (1.0 - dealers->memory) * 2.0 * rise * rise;
    dealers->balance_sheet_spread = asked;
}

static void set_discounts(Shared *shared, const Market *market) {
    double jump = 1e4 * (shared->repo_rate - shared->repo_rate_before) / 360.0;
    for (int64_t c = 0; c < market->contract_count; c++) {
        const Contract *contract = &market->contract[c];
        Num charged = shared->dealers.balance_sheet_spread * contract->balance_sheet_years;
        shared->discount[c] = contract->balance_sheet_share * (charged + jump);
    }
}

static void change_dealers(Shared *shared, const Market *market, int64_t m) {
    Dealers *dealers = &shared->dealers;
    dealers->pending += market->sales[m] - market->purchases[m];
    dealers->outside_sales += market->sales[m];
    dealers->purchases += market->purchases[m];
    if (market->value_date[m] > shared->value_date) take_inventory(dealers);
    shared->value_date = market->value_date[m];
    set_discounts(shared, market);
}

/* The order of engine/day.py. Between marks funds touch each other only in what they sell to dealers. */
static void walk_day(Shared *shared, Book *books, int64_t funds, int64_t d) {
    const Market *market = books->market;
    const Day *day = &market->day[d];
    shared->repo_rate_before = d > 1 ? shared->repo_rate : day->repo_rate;
    shared->repo_rate = day->repo_rate;
    for (Book *b = books; b < books + funds; b++)
        if (!is_over(b)) open_book(b, d);
    for (int64_t m = day->first_mark; m <= day->last_mark; m++) {
        change_dealers(shared, market, m);
        for (Book *b = books; b < books + funds; b++)
            if (!is_over(b)) meet_mark(b, day, m);
    }
    for (Book *b = books; b < books + funds; b++)
        if (!is_over(b)) close_book(b, d);
}

static void enter(Book *b) {
    const Market *market = b->market;
    int64_t count = market->positions;
    b->value_date = b->interest_from = market->value_date[0];
    transfer(b, count, CAPITAL, OUTSIDE_INVESTORS, b->terms.entry_equity);
    attribute(b, count, CAPITAL_PAID, b->terms.entry_equity);
    b->peak_equity = b->terms.entry_equity;
    EACH_ROW(b, i, p) {
        const PositionTerms given = p->terms;
        int64_t contract = *(const int64_t *)&given.contract, bond = *(const int64_t *)&given.bond;
        const Note *note = &market->note[bond];
        const Quote *quote = &market->quote[contract];
        *p = (Position){.terms = given, .face = given.face, .contracts = given.contracts, .contract = contract,
                        .term_share = given.term_share, .undislocated = ZERO + note->clean, .bond = bond,
                        .accrued = ZERO + note->accrued, .futures = ZERO + quote->price,
                        .haircut = given.base_haircut, .financed_haircut = given.base_haircut};
        p->clean = note->clean * (1.0 - (quote->dislocation + b->shared->discount[contract]) / 1e4);
        Num value = market_value(p);
        p->overnight = lendable(p, p->haircut, 0.0);
        p->term = (1.0 - p->haircut) * value * p->term_share;
        p->margin_posted = size_of(p->contracts) * terms_of(b, p)->initial_margin;
        transfer(b, i, SALES, DEALERS, -value);
        transfer(b, i, SALES, REPO_LENDER, value);
        transfer(b, i, HAIRCUT, REPO_LENDER, p->overnight + p->term - value);
        transfer(b, i, INITIAL_MARGIN, CLEARING_HOUSE, -p->margin_posted);
    }
    b->out.lowest_cash = b->cash;
    b->entry_leverage = book_value(b) / b->terms.entry_equity;
}

/* Where days are kept, with one lane: [cells, funds, days, rows, columns] of cash lines, gains and positions, [cells,
   funds, days, columns] of funds, [cells, days, columns] of dealers; NULL keeps totals in outcomes only. */
typedef struct { double *lines, *gains, *funds, *positions, *dealers; } Days;

#if LANES == 1
/* The columns of engine.names.FundColumn and PositionColumn. */
static void record(const Book *b, double *fund_row, double *row) {
    EACH(b, p) {
        double owed = repo_owed(p), variation = p->variation_open + p->variation_due;
        double columns[POSITION_COLUMNS] = {p->face, p->contracts, p->clean, p->accrued, p->futures, owed,
                                            p->margin_posted, p->haircut, p->unmet, variation};
        memcpy(row, columns, sizeof columns);
        row += POSITION_COLUMNS;
        fund_row[2] += market_value(p) + p->coupon_receivable;
        fund_row[3] += owed;
        fund_row[4] += p->margin_posted;
        fund_row[5] += variation;
        fund_row[6] += p->unsettled;
        fund_row[9] += p->face;
    }
    fund_row[0] = equity(b);
    fund_row[1] = b->cash;
    fund_row[7] = b->credit_drawn;
    fund_row[8] = b->other_loss;
    fund_row[10] = b->defaulted;
}

static void keep_day(const Days *days, const Book *books, int64_t cell, int64_t funds, int64_t d) {
    const Market *market = books->market;
    const Dealers *dealers = &books->shared->dealers;
    for (int64_t f = 0; f < funds; f++) {
        int64_t page = (cell * funds + f) * market->days + d, rows = page * market->positions;
        record(&books[f], days->funds + page * FUND_COLUMNS, days->positions + rows * POSITION_COLUMNS);
    }
    double columns[DEALER_COLUMNS] = {dealers->inventory, dealers->balance_sheet_spread, sqrt(dealers->volatility),
                                      dealers->outside_sales, dealers->purchases, dealers->fund_sales};
    memcpy(days->dealers + (cell * market->days + d) * DEALER_COLUMNS, columns, sizeof columns);
}

static void open_page(Book *b, const Days *days, int64_t page) {
    b->line_row = CASH_LINES;
    b->gain_row = GAIN_LINES;
    b->lines = days->lines + page * (b->market->positions + 1) * CASH_LINES;
    b->gains = days->gains + page * (b->market->positions + 1) * GAIN_LINES;
}
#endif

/* Rows of so many words, `step` words apart, side by side; lanes beyond the last row repeat it. */
static void load(void *to, const void *rows, int64_t words, int64_t step, int64_t lanes) {
    for (int64_t w = 0; w < words; w++)
        for (int64_t lane = 0; lane < LANES; lane++)
            ((int64_t *)to)[w * LANES + lane] = ((const int64_t *)rows)[(lane < lanes ? lane : lanes - 1) * step + w];
}

/* Funds that share dealers, through all days: those of a cell, or with lanes the only one of each of LANES cells. */
static void run_cell(const Market *market, int64_t cell, int64_t lanes, int64_t funds, Book *books, const double *terms,
                     const double *positions, const double *dealers, double *out, const Days *days) {
    int64_t count = market->positions, words = WORDS(PositionTerms);
    Shared shared = {.value_date = market->value_date[0]};
    load(&shared.dealers, dealers + cell * WORDS(Dealers), WORDS(Dealers), WORDS(Dealers), lanes);
    set_discounts(&shared, market);
    for (int64_t f = 0; f < funds; f++) {
        Book *b = &books[f];
        int64_t row = cell * funds + f;
        memset(b, 0, sizeof *b);
        b->market = market, b->shared = &shared, b->lanes = lanes, b->rows = out + row * WORDS(Outcome);
        b->lines = b->out.cash_lines, b->gains = b->out.attribution;
        load(&b->terms, terms + row * WORDS(FundTerms), WORDS(FundTerms), WORDS(FundTerms), lanes);
        for (int64_t i = 0; i < count; i++)
            load(&b->positions[i].terms, positions + (row * count + i) * words, words, count * words, lanes);
    }
    for (int64_t d = 0; d < market->days; d++) {
        for (int64_t f = 0; f < funds; f++) {
#if LANES == 1
            if (days->lines) open_page(&books[f], days, (cell * funds + f) * market->days + d);
#endif
            if (d == 0) enter(&books[f]);
        }
        if (d > 0) walk_day(&shared, books, funds, d);
#if LANES == 1
        if (days->lines) keep_day(days, books, cell, funds, d);
#endif
    }
    for (Book *b = books; b < books + funds; b++) conclude(b, NOT(b->defaulted));
}

/* Many runs over one market, each of so many funds (one, with lanes) with so many positions; `books` is room for the
   funds of one, and days are kept with one lane only. */
void run_cells(const Market *market, int64_t cells, int64_t funds, void *books, const double *terms,
               const double *positions, const double *dealers, double *out, const Days *days) {
    for (int64_t c = 0; c < cells; c += LANES) {
        int64_t lanes = cells - c < LANES ? cells - c : LANES;
        run_cell(market, c, lanes, funds, books, terms, positions, dealers, out, days);
    }
}

int64_t book_size(void) { return sizeof(Book); }
