/* The single-book timeline in C, and the market of funds: the days of engine/day.py for funds that meet every call,
   until one cannot.

   Same rows in, same money out; the ledger, the waterfall and the attribution are kept line by line. Left out are
   the event log, what happens after a default (a fund that fails stops there, and its outcome says so), notes sold
   short, swaps at a second house, deliveries, redemptions and a strategy's daily decisions.
   Money is USD, prices per 100 face, rates decimal per year, as in engine/rows.py; benchmarks/c_twin.py lays the
   structs out and compiles this file. */

#include <math.h>
#include <stdint.h>
#include <string.h>

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
typedef struct { double point_value, depth, bond_cost, futures_cost, impact, balance_sheet_share, balance_sheet_years; } Contract;

typedef struct {
    double entry_equity, credit_line, credit_spread, leverage_target, leverage_limit, drawdown_limit, stop_cut,
        stop_speed, risk_limit, risk_speed, calm_volatility, depth_share, call_back, feedback,
        financing_hedge;
    int64_t unwind;
} FundTerms;

typedef struct {
    int64_t contract, bond, term_maturity;
    double face, contracts, base_haircut, term_share, repo_threshold, repo_spread, term_rate;
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
    double equity, cash, lowest_cash, calls_paid, largest_call, sold;
    int64_t calls, defaulted;
    double cash_lines[CASH_LINES], attribution[GAIN_LINES], parties[PARTIES];
} Outcome;

typedef struct {
    PositionTerms terms;
    double face, contracts, haircut, term_share, overnight, overnight_interest, overnight_rate, term, term_interest,
        financed_haircut, financed_roll, unmet, called, coupon_receivable, unsettled, unsettled_face, margin_posted,
        variation_open, variation_due, clean, undislocated, accrued, futures, order;
    int waiting;
} Position;

typedef struct { int variation, initial, release; } Pending; /* what clearing will pay or collect */

typedef struct {
    double inventory, pending, placement_rate, slope, capacity_multiple, capacity, ceiling, balance_sheet_spread, volatility, memory, outside_sales, purchases,
        fund_sales;
} Dealers;

/* What all funds of a run face alike; dealers without a slope charge nothing. */
typedef struct {
    Dealers dealers;
    double repo_rate, repo_rate_before, discount[MOST_CONTRACTS]; /* basis points of price, by contract */
    int64_t value_date;
} Shared;

typedef struct {
    const Market *market;
    Shared *shared;
    FundTerms terms;
    double cash, credit_drawn, other_loss, entry_leverage, peak_equity, to_cut, not_rolled, cash_rate;
    int64_t value_date, interest_from, terms_day;
    Pending today, tomorrow; /* due at 14:00, and at 09:00 of the next business day */
    int repo_call, shortfall_call, stopped, defaulted;
    Position positions[MOST_POSITIONS];
    double *lines, *gains;      /* where today's lines are added up */
    int64_t line_row, gain_row; /* 0: all rows of a fund in one */
    Outcome *out;
} Book;

static inline double most(double a, double b) { return a > b ? a : b; }
static inline double least(double a, double b) { return a < b ? a : b; }
static inline double cents(double amount) { return ceil(most(amount, 0.0) * 100.0) / 100.0; }

/* The ledger */

static inline void transfer(Book *b, int64_t row, int line, int party, double amount) {
    b->cash += amount;
    b->out->parties[party] -= amount;
    b->lines[row * b->line_row + line] += amount;
}

static inline void attribute(Book *b, int64_t row, int line, double amount) {
    b->gains[row * b->gain_row + line] += amount;
}

static inline const Contract *contract_of(const Book *b, const Position *p) {
    return &b->market->contract[p->terms.contract];
}

static inline const Terms *terms_of(const Book *b, const Position *p) {
    return &b->market->terms[b->terms_day * b->market->contract_count + p->terms.contract];
}

static inline double market_value(const Position *p) { return p->face * (p->clean + p->accrued) / 100.0; }

static inline double repo_owed(const Position *p) {
    return p->overnight + p->overnight_interest + p->term + p->term_interest;
}

static double equity(const Book *b) {
    double total = b->cash - b->credit_drawn - b->other_loss;
    for (int64_t i = 0; i < b->market->positions; i++) {
        const Position *p = &b->positions[i];
        double assets = market_value(p) + p->coupon_receivable + p->unsettled;
        double clearing = p->margin_posted + p->variation_open + p->variation_due;
        total += assets - repo_owed(p) + clearing;
    }
    return total;
}

static double book_value(const Book *b) {
    double total = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) total += market_value(&b->positions[i]);
    return total;
}

static inline double margin_excess(const Book *b, const Position *p) {
    return p->margin_posted - fabs(p->contracts) * terms_of(b, p)->initial_margin;
}

static inline void note_lowest_cash(Book *b) { b->out->lowest_cash = least(b->out->lowest_cash, b->cash); }

/* Repo */

static inline double lendable(const Position *p, double haircut, double not_rolled) {
    return (1.0 - haircut) * market_value(p) * (1.0 - p->term_share) * (1.0 - not_rolled);
}

static inline double sold_share(const Position *p) {
    double financed = p->face + p->unsettled_face;
    return financed > 0.0 ? p->unsettled_face / financed : 0.0;
}

static inline double term_surplus(const Position *p) {
    double value = (1.0 - p->haircut) * market_value(p) * p->term_share;
    return value - (1.0 - sold_share(p)) * (p->term + p->term_interest);
}

static inline double roll_flow(const Position *p, double not_rolled) {
    double sold = sold_share(p);
    double repaid = p->overnight + p->overnight_interest + sold * (p->term + p->term_interest);
    return p->unsettled - repaid + lendable(p, p->haircut, not_rolled);
}

static void open_day(Book *b) {
    double years = (double)(b->value_date - b->interest_from) / 360.0, earning = b->cash;
    int64_t count = b->market->positions;
    b->interest_from = b->value_date;
    for (int64_t i = 0; i < count; i++) earning += b->positions[i].margin_posted;
    double interest = earning * b->cash_rate * years;
    interest -= b->credit_drawn * (b->cash_rate + b->terms.credit_spread) * years;
    transfer(b, count, CASH_INTEREST, CASH_BANK, interest);
    attribute(b, count, INTEREST_EARNED, interest);
    if (b->cash < 0.0) {
        double overdraft = -b->cash;
        b->credit_drawn += overdraft;
        transfer(b, count, CREDIT_LINE, CREDIT_BANK, overdraft);
    }
    for (int64_t i = 0; i < count; i++) {
        Position *p = &b->positions[i];
        if (p->coupon_receivable != 0.0) transfer(b, i, COUPON, TREASURY, p->coupon_receivable);
        p->coupon_receivable = 0.0;
    }
    note_lowest_cash(b);
}

static void roll_position(Book *b, int64_t i, double kept, double repo_rate) {
    Position *p = &b->positions[i];
    double sold = sold_share(p);
    double before_haircut = lendable(p, p->financed_haircut, p->financed_roll);
    double before_roll = lendable(p, p->haircut, p->financed_roll);
    double target = lendable(p, p->haircut, b->not_rolled);
    double remargin = before_haircut - p->overnight * (1.0 - sold) + kept;
    double sales = p->unsettled - sold * (p->overnight + p->term);
    double interest = p->overnight_interest + sold * p->term_interest;
    transfer(b, i, SALES, DEALERS, p->unsettled);
    transfer(b, i, SALES, REPO_LENDER, sales - p->unsettled);
    transfer(b, i, REPO_INTEREST, REPO_LENDER, -interest);
    transfer(b, i, HAIRCUT, REPO_LENDER, before_roll - before_haircut);
    transfer(b, i, REPO_NOT_ROLLED, REPO_LENDER, target - before_roll);
    transfer(b, i, REPO_REMARGIN, REPO_LENDER, remargin);
    p->overnight = target + kept;
    p->overnight_interest = 0.0;
    p->overnight_rate = repo_rate + p->terms.repo_spread;
    p->term *= 1.0 - sold;
    p->term_interest *= 1.0 - sold;
    p->unsettled = p->unsettled_face = 0.0;
    p->unmet = kept;
    p->financed_haircut = p->haircut;
    p->financed_roll = b->not_rolled;
}

static void roll(Book *b, const Day *day) {
    int64_t count = b->market->positions;
    double net = 0.0, outflow = 0.0, variation = 0.0, excess = 0.0, flows[MOST_POSITIONS];
    b->cash_rate = day->cash_rate;
    for (int64_t i = 0; i < count; i++) {
        Position *p = &b->positions[i];
        if (p->term_share > 0.0 && b->value_date >= p->terms.term_maturity) {
            p->overnight += p->term;
            p->overnight_interest += p->term_interest;
            p->term = p->term_interest = p->term_share = p->called = 0.0;
        }
        flows[i] = roll_flow(p, b->not_rolled);
        net += flows[i];
        outflow += most(-flows[i], 0.0);
        variation += p->variation_due;
        excess += margin_excess(b, p);
    }
    double clearing_due = most(-variation, 0.0) + most(-excess, 0.0);
    double shortfall = cents(least(most(clearing_due - b->cash - net, 0.0), outflow));
    for (int64_t i = 0; i < count; i++) {
        double kept = shortfall > 0.0 ? shortfall * most(-flows[i], 0.0) / outflow : 0.0;
        roll_position(b, i, kept, day->repo_rate);
    }
    note_lowest_cash(b);
}

/* Calls */

static int raise_cash(Book *b, double amount) {
    if (b->cash < amount) {
        double drawn = least(cents(amount - b->cash), b->terms.credit_line - b->credit_drawn);
        if (drawn > 0.0) {
            b->credit_drawn += drawn;
            transfer(b, b->market->positions, CREDIT_LINE, CREDIT_BANK, drawn);
        }
    }
    for (int64_t i = 0; i < b->market->positions && b->cash < amount; i++) {
        Position *p = &b->positions[i];
        double returned = least(cents(amount - b->cash), b->terms.call_back * most(term_surplus(p), 0.0));
        if (p->term_share > 0.0 && returned > 0.0) {
            p->term += returned;
            transfer(b, i, REPO_REMARGIN, REPO_LENDER, returned);
        }
    }
    return b->cash >= amount;
}

static int meet_call(Book *b, double amount) {
    b->out->calls += 1;
    b->out->largest_call = most(b->out->largest_call, amount);
    if (!raise_cash(b, amount)) {
        b->defaulted = 1;
        return 0;
    }
    b->out->calls_paid += amount;
    return 1;
}

static void settle_variation(Book *b) {
    double net = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) net += b->positions[i].variation_due;
    if (net < 0.0 && !meet_call(b, -net)) return;
    for (int64_t i = 0; i < b->market->positions; i++) {
        transfer(b, i, VARIATION_MARGIN, CLEARING_HOUSE, b->positions[i].variation_due);
        b->positions[i].variation_due = 0.0;
    }
    note_lowest_cash(b);
}

static void settle_initial(Book *b, int is_release) {
    double net = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) net += margin_excess(b, &b->positions[i]);
    if (net < 0.0 && (is_release || !meet_call(b, -net))) return;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Position *p = &b->positions[i];
        double excess = margin_excess(b, p);
        transfer(b, i, INITIAL_MARGIN, CLEARING_HOUSE, excess);
        p->margin_posted -= excess;
    }
    note_lowest_cash(b);
}

static void pay_clearing(Book *b, Pending *due) {
    if (due->release) settle_initial(b, 1);
    if (due->variation) settle_variation(b);
    if (due->initial && !b->defaulted) settle_initial(b, 0);
    *due = (Pending){0, 0, 0};
}

static double pay_unmet(Book *b, double share) {
    double paid = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Position *p = &b->positions[i];
        double amount = share * p->unmet;
        p->overnight -= amount;
        p->unmet -= amount;
        transfer(b, i, REPO_REMARGIN, REPO_LENDER, -amount);
        paid += amount;
    }
    return paid;
}

/* Pay what the morning's roll left owed as far as cash goes; says whether a call for the rest is raised. */
static int present_shortfalls(Book *b) {
    double owed = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) owed += b->positions[i].unmet;
    if (owed <= 0.0) return 0;
    double share = raise_cash(b, owed) ? 1.0 : (1.0 - 1e-14) * b->cash / owed;
    double left = owed - pay_unmet(b, share);
    note_lowest_cash(b);
    return left > 0.0 && !b->shortfall_call;
}

static void settle_repo_call(Book *b, int overdue) {
    double owed = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++)
        owed += b->positions[i].called + (overdue ? b->positions[i].unmet : 0.0);
    if (owed <= 0.0 || !meet_call(b, owed)) return;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Position *p = &b->positions[i];
        p->term -= p->called;
        transfer(b, i, REPO_REMARGIN, REPO_LENDER, -p->called);
        p->called = 0.0;
    }
    if (overdue) pay_unmet(b, 1.0);
    note_lowest_cash(b);
}

/* Pay the other losses of the day before. */
static void settle_other_loss(Book *b) {
    if (b->other_loss <= 0.0 || !meet_call(b, b->other_loss)) return;
    transfer(b, b->market->positions, OTHER_LOSS_PAID, OTHER_MARKETS, -b->other_loss);
    b->other_loss = 0.0;
    note_lowest_cash(b);
}

/* Marks and clearing */

static void mark(Book *b, int64_t m) {
    const Market *market = b->market;
    int64_t days = market->value_date[m] - b->value_date;
    b->value_date = market->value_date[m];
    for (int64_t i = 0; i < market->positions; i++) {
        Position *p = &b->positions[i];
        const Note *note = &market->note[m * market->notes + p->terms.bond];
        const Quote *quote = &market->quote[m * market->contract_count + p->terms.contract];
        double hedge = b->terms.financing_hedge * p->overnight * quote->policy_gain;
        p->variation_open += hedge;
        attribute(b, i, FINANCING_HEDGE, hedge);
        double overnight = p->overnight * p->overnight_rate * (double)days / 360.0;
        double term = p->term * p->terms.term_rate * (double)days / 360.0;
        p->overnight_interest += overnight;
        p->term_interest += term;
        attribute(b, i, REPO_COST, -overnight - term);
        double due = days > 0 ? p->face * note->coupon_due / 100.0 : 0.0;
        attribute(b, i, COUPON_ACCRUAL, p->face * (note->accrued - p->accrued) / 100.0 + due);
        p->coupon_receivable += due;
        p->accrued = note->accrued;
        double gain = p->contracts * contract_of(b, p)->point_value * (quote->price - p->futures);
        p->variation_open += gain;
        double dislocation = quote->dislocation + b->shared->discount[p->terms.contract];
        double clean = note->clean * (1.0 - dislocation / 1e4);
        double fair = p->face * (note->clean - p->undislocated) / 100.0;
        double total = p->face * (clean - p->clean) / 100.0;
        double convergence = p->face * note->convergence / 100.0;
        attribute(b, i, DISLOCATION, total - fair);
        attribute(b, i, BASIS_CONVERGENCE, -convergence);
        attribute(b, i, CURVE, fair + gain + convergence);
        p->clean = clean;
        p->undislocated = note->clean;
        p->futures = quote->price;
    }
    double net_worth = equity(b);
    b->peak_equity = most(b->peak_equity, net_worth);
    if (net_worth <= 0.0) b->defaulted = 1;
}

static void clear(Book *b, Pending *due) {
    double net = 0.0, excess = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) {
        Position *p = &b->positions[i];
        p->variation_due += p->variation_open;
        p->variation_open = 0.0;
        net += p->variation_due;
        excess += margin_excess(b, p);
    }
    if (net != 0.0) due->variation = 1;
    if (excess > 0.0) due->release = 1;
    if (excess < 0.0) due->initial = 1;
}

static void mark_term_loans(Book *b) {
    for (int64_t i = 0; i < b->market->positions; i++) {
        Position *p = &b->positions[i];
        double deficit = -term_surplus(p);
        double threshold = p->terms.repo_threshold * market_value(p) * p->term_share;
        p->called = p->term_share > 0.0 && deficit > threshold + 0.01 ? deficit : 0.0;
        if (p->called > 0.0) b->repo_call = 1;
    }
}

/* Limits, orders and sales */

static inline double margin_asked(const Book *b, const Position *p) {
    const Terms *t = terms_of(b, p);
    return fabs(p->contracts) * most(t->initial_margin, t->announced_margin);
}

static inline double slice_limit(const Book *b, const Position *p, double face) {
    double depth = contract_of(b, p)->depth;
    return depth > 0.0 ? least(face, depth * b->terms.depth_share) : face;
}

static void sell_slice(Book *b, int64_t i) {
    Position *p = &b->positions[i];
    const Contract *c = contract_of(b, p);
    double face = slice_limit(b, p, least(p->order, p->face));
    p->waiting = 0;
    if (face <= 0.0) return;
    double impact = c->impact * face / 1e9, share = face / p->face;
    double price = p->clean * (1.0 - (c->bond_cost + impact) / 1e4);
    double closed = p->contracts * share;
    double slippage = fabs(closed) * c->point_value * p->futures * (c->futures_cost + impact) / 1e4;
    attribute(b, i, COST, face * (price - p->clean) / 100.0 - slippage);
    p->variation_open -= slippage;
    p->contracts -= closed;
    p->called -= p->called * share;
    p->unsettled += face * (price + p->accrued) / 100.0;
    p->unsettled_face += face;
    p->face -= face;
    b->shared->dealers.pending += b->terms.feedback * (face * (price + p->accrued) / 100.0);
    b->shared->dealers.fund_sales += face * (price + p->accrued) / 100.0;
    b->out->sold += face;
    b->tomorrow.release = 1;
    p->order -= face;
    p->waiting = p->order > 0.0 && p->face > 0.0;
}

static double spare_liquidity(const Book *b) {
    double spare = b->cash + b->terms.credit_line - b->credit_drawn - b->other_loss;
    for (int64_t i = 0; i < b->market->positions; i++) {
        const Position *p = &b->positions[i];
        double sold = sold_share(p), term = -p->called;
        double owed = p->overnight + p->overnight_interest + sold * (p->term + p->term_interest);
        if (p->term_share > 0.0 && p->called == 0.0) term = b->terms.call_back * most(term_surplus(p), 0.0);
        double clearing = p->variation_due + p->variation_open + p->margin_posted - margin_asked(b, p);
        spare += clearing + (p->unsettled - owed + lendable(p, p->haircut, b->not_rolled) + term);
        spare += p->coupon_receivable;
    }
    return spare;
}

static double cash_order(const Book *b, double gap, double book) {
    double freed = 0.0;
    for (int64_t i = 0; i < b->market->positions; i++) {
        const Position *p = &b->positions[i];
        const Contract *c = contract_of(b, p);
        double impact = c->impact * slice_limit(b, p, p->face) / 1e9;
        double financed = (1.0 - p->haircut) * (1.0 - b->not_rolled * (1.0 - p->term_share));
        freed += (1.0 - financed - (c->bond_cost + impact) / 1e4) * market_value(p);
        freed += margin_asked(b, p);
    }
    return freed <= gap ? book : gap * book / freed;
}

/* A share of what is left of the cut, from the day the drawdown limit is passed. */
static double stop_order(Book *b, double book, double drawdown) {
    if (drawdown > b->terms.drawdown_limit && !b->stopped) {
        b->stopped = 1;
        b->to_cut = b->terms.stop_cut * book;
    }
    double order = b->terms.stop_speed * b->to_cut;
    b->to_cut -= order;
    return order;
}

static double decide(Book *b, double spare, double book) {
    double net_worth = equity(b), order = 0.0;
    if (spare < 0.0) order = cash_order(b, 0.01 - spare, book);
    if (b->terms.unwind == TARGET_LEVERAGE && book > b->terms.leverage_limit * net_worth)
        order = most(order, book - b->terms.leverage_target * net_worth);
    if (b->terms.unwind == STOP_OUT) order = most(order, stop_order(b, book, 1.0 - net_worth / b->peak_equity));
    if (b->terms.unwind == VALUE_AT_RISK && b->terms.calm_volatility > 0.0) {
        double calm = b->terms.calm_volatility * b->terms.calm_volatility;
        double risk = book / net_worth / b->entry_leverage * sqrt((calm + b->shared->dealers.volatility) / calm);
        if (risk > b->terms.risk_limit)
            order = most(order, b->terms.risk_speed * book * (1.0 - b->terms.risk_limit / risk));
    }
    return order;
}

static void check_limits(Book *b) {
    double spare = spare_liquidity(b);
    double free_cash = spare - (b->terms.credit_line - b->credit_drawn);
    double repaid = least(least(b->credit_drawn, b->cash), free_cash);
    if (repaid > 0.0) {
        b->credit_drawn -= repaid;
        transfer(b, b->market->positions, CREDIT_LINE, CREDIT_BANK, -repaid);
    }
    note_lowest_cash(b);
    if (b->terms.unwind == HOLD) return;
    double book = book_value(b), order = decide(b, spare, book);
    if (!(order > 0.0 && book > 0.0)) return;
    double share = least(order / book, 1.0);
    for (int64_t i = 0; i < b->market->positions; i++) {
        Position *p = &b->positions[i];
        double face = share * p->face;
        if (face > p->order) {
            p->order = face;
            if (!p->waiting) sell_slice(b, i);
        }
    }
}

/* The day, and the run */

static void sell_waiting(Book *b) {
    for (int64_t i = 0; i < b->market->positions; i++)
        if (b->positions[i].waiting) sell_slice(b, i);
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
    if (b->defaulted) return;
    int called_today = b->repo_call, overdue = b->shortfall_call, raised = present_shortfalls(b);
    if (called_today || overdue) settle_repo_call(b, overdue);
    if (!b->defaulted) settle_other_loss(b);
    b->repo_call = 0;
    b->shortfall_call = raised;
}

/* What happens before a mark, and the mark; orders that waited sell a slice, on the last after settlement. */
static void meet_mark(Book *b, const Day *day, int64_t m) {
    double lost = b->market->other_loss[m];
    if (lost != 0.0) {
        b->other_loss += lost;
        attribute(b, b->market->positions, OTHER_LOSS, -lost);
    }
    if (m == day->cycle_mark) clear(b, &b->today);
    if (m == day->pay_mark) pay_clearing(b, &b->today);
    if (b->defaulted) return;
    mark(b, m);
    if (m < day->last_mark && !b->defaulted) sell_waiting(b);
}

/* 15:00 settlement, term repo; 15:30 limits. The last mark of a day stands at settlement. */
static void close_book(Book *b, int64_t d) {
    b->terms_day = d;
    clear(b, &b->tomorrow);
    mark_term_loans(b);
    sell_waiting(b);
    check_limits(b);
}

/* Dealers place part of what they hold and take on what was sold to them, once a day; then the price of their balance sheet changes. */
static void take_inventory(Dealers *dealers) {
    dealers->inventory = most(0.0, (1.0 - dealers->placement_rate) * dealers->inventory + dealers->pending);
    dealers->pending = 0.0;
    double held = dealers->inventory + (dealers->capacity_multiple - 1.0) * most(0.0, dealers->inventory - dealers->capacity);
    double asked = dealers->slope * held / 1e9;
    if (dealers->ceiling > 0.0) asked = dealers->ceiling * (1.0 - exp(-asked / dealers->ceiling));
    double rise = most(asked - dealers->balance_sheet_spread, 0.0);
    dealers->volatility = dealers->memory * dealers->volatility + (1.0 - dealers->memory) * 2.0 * rise * rise;
    dealers->balance_sheet_spread = asked;
}

static void set_discounts(Shared *shared, const Market *market) {
    double jump = 1e4 * (shared->repo_rate - shared->repo_rate_before) / 360.0;
    for (int64_t c = 0; c < market->contract_count; c++) {
        const Contract *contract = &market->contract[c];
        double charged = shared->dealers.balance_sheet_spread * contract->balance_sheet_years;
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
    for (int64_t f = 0; f < funds; f++)
        if (!books[f].defaulted) open_book(&books[f], d);
    for (int64_t m = day->first_mark; m <= day->last_mark; m++) {
        change_dealers(shared, market, m);
        for (int64_t f = 0; f < funds; f++)
            if (!books[f].defaulted) meet_mark(&books[f], day, m);
    }
    for (int64_t f = 0; f < funds; f++)
        if (!books[f].defaulted) close_book(&books[f], d);
}

static void enter(Book *b, const PositionTerms *terms) {
    const Market *market = b->market;
    int64_t count = market->positions;
    b->value_date = b->interest_from = market->value_date[0];
    transfer(b, count, CAPITAL, OUTSIDE_INVESTORS, b->terms.entry_equity);
    attribute(b, count, CAPITAL_PAID, b->terms.entry_equity);
    b->peak_equity = b->terms.entry_equity;
    for (int64_t i = 0; i < count; i++) {
        Position *p = &b->positions[i];
        const PositionTerms *given = &terms[i];
        const Note *note = &market->note[given->bond];
        const Quote *quote = &market->quote[given->contract];
        *p = (Position){.terms = *given, .face = given->face, .contracts = given->contracts,
                        .term_share = given->term_share, .undislocated = note->clean, .accrued = note->accrued,
                        .futures = quote->price, .haircut = given->base_haircut,
                        .financed_haircut = given->base_haircut};
        p->clean = note->clean * (1.0 - (quote->dislocation + b->shared->discount[given->contract]) / 1e4);
        double value = market_value(p);
        p->overnight = lendable(p, p->haircut, 0.0);
        p->term = (1.0 - p->haircut) * value * p->term_share;
        p->margin_posted = fabs(p->contracts) * terms_of(b, p)->initial_margin;
        transfer(b, i, SALES, DEALERS, -value);
        transfer(b, i, SALES, REPO_LENDER, value);
        transfer(b, i, HAIRCUT, REPO_LENDER, p->overnight + p->term - value);
        transfer(b, i, INITIAL_MARGIN, CLEARING_HOUSE, -p->margin_posted);
    }
    b->out->lowest_cash = b->cash;
    b->entry_leverage = book_value(b) / b->terms.entry_equity;
}

/* The columns of engine.names.FundColumn and PositionColumn. */
static void record(const Book *b, double *fund_row, double *position_rows) {
    for (int64_t i = 0; i < b->market->positions; i++) {
        const Position *p = &b->positions[i];
        double *row = position_rows + i * POSITION_COLUMNS;
        double owed = repo_owed(p), variation = p->variation_open + p->variation_due;
        double columns[POSITION_COLUMNS] = {p->face, p->contracts, p->clean, p->accrued, p->futures, owed,
                                            p->margin_posted, p->haircut, p->unmet, variation};
        memcpy(row, columns, sizeof columns);
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

static void record_dealers(const Dealers *dealers, double *row) {
    double columns[DEALER_COLUMNS] = {dealers->inventory, dealers->balance_sheet_spread, sqrt(dealers->volatility),
                                      dealers->outside_sales, dealers->purchases, dealers->fund_sales};
    memcpy(row, columns, sizeof columns);
}

/* Where days are kept: [cells, funds, days, rows, columns] of cash lines, gains and positions, [cells, funds, days,
   columns] of funds, [cells, days, columns] of dealers; NULL keeps totals in outcomes only. */
typedef struct { double *lines, *gains, *funds, *positions, *dealers; } Days;

static void open_page(Book *b, const Days *days, int64_t page) {
    int64_t rows = b->market->positions + 1;
    b->lines = days->lines + page * rows * CASH_LINES;
    b->gains = days->gains + page * rows * GAIN_LINES;
}

static void begin(Book *b, Shared *shared, const Market *market, const FundTerms *fund, Outcome *out, int keep_days) {
    *out = (Outcome){0};
    *b = (Book){.market = market, .shared = shared, .terms = *fund, .out = out, .lines = out->cash_lines,
                .gains = out->attribution, .line_row = keep_days ? CASH_LINES : 0,
                .gain_row = keep_days ? GAIN_LINES : 0};
}

/* Funds that share dealers, through all days: those of one cell, the first of which is fund `first` of all cells. */
static void run_cell(const Market *market, int64_t cell, int64_t funds, Book *books, const FundTerms *terms,
                     const PositionTerms *positions, const Dealers *dealers, Outcome *out, const Days *days) {
    int64_t count = market->positions, first = cell * funds, keep_days = days->lines != NULL;
    Shared shared = {.dealers = dealers[cell], .value_date = market->value_date[0]};
    set_discounts(&shared, market);
    for (int64_t f = 0; f < funds; f++) begin(&books[f], &shared, market, &terms[first + f], &out[first + f], keep_days);
    for (int64_t d = 0; d < market->days; d++) {
        for (int64_t f = 0; f < funds; f++) {
            if (keep_days) open_page(&books[f], days, (first + f) * market->days + d);
            if (d == 0) enter(&books[f], &positions[(first + f) * count]);
        }
        if (d > 0) walk_day(&shared, books, funds, d);
        if (!keep_days) continue;
        for (int64_t f = 0; f < funds; f++) {
            int64_t page = (first + f) * market->days + d;
            record(&books[f], days->funds + page * FUND_COLUMNS, days->positions + page * count * POSITION_COLUMNS);
        }
        record_dealers(&shared.dealers, days->dealers + (cell * market->days + d) * DEALER_COLUMNS);
    }
    for (Book *b = books; b < books + funds; b++) {
        b->out->equity = equity(b);
        b->out->cash = b->cash;
        b->out->defaulted = b->defaulted;
    }
}

/* Many runs over one market, each of so many funds with so many positions; `books` is room for the funds of one. */
void run_cells(const Market *market, int64_t cells, int64_t funds, void *books, const FundTerms *terms,
               const PositionTerms *positions, const Dealers *dealers, Outcome *out, const Days *days) {
    for (int64_t c = 0; c < cells; c++) run_cell(market, c, funds, books, terms, positions, dealers, out, days);
}

int64_t book_size(void) { return sizeof(Book); }
