// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IAuthorization} from "../interfaces/IAuthorization.sol";
import {IDidRegistry} from "../interfaces/IDidRegistry.sol";

/// @title Authorization
/// @notice Who may write on behalf of an issuer DID.
library Authorization {
    /// @dev Reverts unless `actor` is the owner of `issuer` or its valid delegate; always for a deactivated DID.
    function requireAuthorized(
        IDidRegistry didRegistry,
        address issuer,
        bytes32 delegateType,
        address actor
    ) internal view {
        if (!didRegistry.isAuthorized(issuer, delegateType, actor)) {
            revert IAuthorization.NotAuthorized(issuer, delegateType, actor);
        }
    }

    /// @dev Reverts unless `signer` signed `digest` (EIP-712) and `deadline` is not past. Says nothing of what the
    /// signer may do.
    function requireSignature(
        bytes32 digest,
        uint256 deadline,
        address signer,
        bytes calldata signature
    ) internal view {
        if (block.timestamp > deadline) revert IAuthorization.SignatureExpired(deadline);
        // ecrecover answers 0x0 to a malformed signature: 0x0 is refused before it is compared with anything.
        if (signer == address(0)) revert IAuthorization.InvalidSignature(signer);
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert IAuthorization.InvalidSignature(signer);
        }
    }
}
